// IDX files, raw and gzip.
#include "core/data/formats/idx.h"

#include "tests/common/data_files.h"
#include "tests/fuzz/fuzz.h"

namespace sinter::fuzz {

std::vector<Input> seeds() {
    const Input labels = tests::idx_bytes({4}, 4, 10), images = tests::idx_bytes({3, 2, 5}, 30, 256);
    return {labels, images, tests::gzip(labels), tests::gzip(images)};
}

void try_input(std::span<const std::uint8_t> input) {
    static ScratchFile file("idx");
    file.write(input);
    const int rank = input.size() > 3 && input[3] == 1 ? 1 : 3;
    const IdxBytes read = read_idx_bytes(file.path(), rank);
    std::size_t values = 1;
    for (const std::int64_t size : read.shape) values *= static_cast<std::size_t>(size);
    expect(static_cast<int>(read.shape.size()) == rank, "the rank is not the one that was asked for");
    expect(values == read.values.size(), "there are not as many values as the sizes say");
}

}  // namespace sinter::fuzz
