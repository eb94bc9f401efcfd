// Binarised MNIST in text files: the input is both files of the set.
#include "core/data/formats/amat.h"

#include <algorithm>
#include <string>

#include "tests/fuzz/fuzz.h"

namespace sinter::fuzz {
namespace {

struct Folder {
    Folder() { std::filesystem::create_hard_link(lines.path(), scratch_folder() / "binarized_mnist_test.amat"); }

    ScratchFile lines{"binarized_mnist_train.amat"};
};

std::string line(const std::string& between, const std::string& end) {
    std::string text;
    for (int i = 0; i < 784; ++i) text += (i % 5 == 0 ? "1" : "0") + between;
    return text + end;
}

}  // namespace

std::vector<Input> seeds() {
    return {input_of(line(" ", "\n")), input_of(line(" ", "\r\n") + line("\t", "\n")), input_of(line("  ", ""))};
}

void try_input(std::span<const std::uint8_t> input) {
    static Folder folder;
    folder.lines.write(input);
    const DataSplits data = load_amat(scratch_folder());
    expect(data.train.count == data.test.count, "the sets differ in size");
    expect(data.train.pixels.size() == static_cast<std::size_t>(data.train.count) * 784, "an image is cut");
    for (const std::uint8_t pixel : data.train.pixels) expect(pixel == 0 || pixel == 255, "a pixel is grey");
}

}  // namespace sinter::fuzz
