// CIFAR-10 in its binary form: the input is a file of records, and the names of the classes.
#include "core/data/formats/cifar.h"

#include <algorithm>

#include "tests/fuzz/fuzz.h"

namespace sinter::fuzz {
namespace {

constexpr std::size_t kRecord = 1 + 3 * 32 * 32;

/// All batches of a set are one file, which has several names.
struct Folder {
    Folder() {
        for (int i = 1; i <= 5; ++i)
            std::filesystem::create_hard_link(records.path(), folder / ("data_batch_" + std::to_string(i) + ".bin"));
    }

    std::filesystem::path folder = scratch_folder();
    ScratchFile records{"test_batch.bin"}, names{"batches.meta.txt"};
};

}  // namespace

std::vector<Input> seeds() {
    Input one(kRecord), two(2 * kRecord);
    for (std::size_t i = 0; i < two.size(); ++i)
        two[i] = static_cast<std::uint8_t>(i % kRecord == 0 ? i % 10 : i % 251);
    const Input names = input_of("airplane\r\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n");
    one.insert(one.end(), names.begin(), names.end());
    return {one, two, input_of("cat\n")};
}

void try_input(std::span<const std::uint8_t> input) {
    static Folder folder;
    const std::size_t records = input.size() / kRecord * kRecord;
    // Now and then a file of half a record.
    const std::size_t cut = records > 0 || input.size() % 7 > 0 ? records : input.size();
    folder.records.write(input.first(cut));
    folder.names.write(input.subspan(cut));
    const DataSplits data = load_cifar10(folder.folder);
    expect(data.train.count == 5 * data.test.count, "the sets differ in size");
    expect(data.class_names.size() == 10, "there are not ten names");
    for (const std::uint8_t label : data.train.labels) expect(label < 10, "a label is none of the ten");
}

}  // namespace sinter::fuzz
