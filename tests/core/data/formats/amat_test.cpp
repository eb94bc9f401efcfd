// Binarised MNIST in text files: what it holds, and that anything else is refused with file and line.
#include "core/data/formats/amat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/data/binarise.h"
#include "core/data/find_data.h"
#include "tests/common/data_files.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

using namespace tests;
namespace fs = std::filesystem;

/// Lines of 784 words; word i of line n is 1 where (i + n) % 3 is 0. `end`: what stands between words and a newline.
std::string lines(int count, const std::string& end = "") {
    std::string text;
    for (int n = 0; n < count; ++n) {
        for (int i = 0; i < 784; ++i) text += std::string(i > 0 ? " " : "") + ((i + n) % 3 == 0 ? "1" : "0");
        text += end + "\n";
    }
    return text;
}

void write(const fs::path& file, const std::string& text) { write_file(file, Bytes(text.begin(), text.end())); }

void write_set(const fs::path& folder) {
    write(folder / "binarized_mnist_train.amat", lines(5));
    write(folder / "binarized_mnist_test.amat", lines(3));
}

TEST(Amat, WordsBecomePixels) {
    const TemporaryFolder folder;
    EXPECT_FALSE(holds_amat(folder.path()));
    write_set(folder.path());
    ASSERT_TRUE(holds_amat(folder.path()));
    const DataSplits data = load_amat(folder.path());
    EXPECT_EQ(data.train.count, 5);
    EXPECT_EQ(data.test.count, 3);
    EXPECT_EQ(data.train.height, 28);
    EXPECT_EQ(data.train.width, 28);
    EXPECT_EQ(data.train.channels, 1);
    EXPECT_TRUE(data.train.labels.empty());
    ASSERT_EQ(data.train.pixels.size(), 5u * 784);
    for (std::size_t n = 0; n < 5; ++n)
        for (std::size_t i = 0; i < 784; ++i) ASSERT_EQ(data.train.pixels[n * 784 + i], (i + n) % 3 == 0 ? 255 : 0);
    EXPECT_TRUE(is_binary(data.test));
}

TEST(Amat, SpacesAndEndsOfLinesMayVary) {
    const TemporaryFolder folder;
    write_set(folder.path());
    const DataSplits plain = load_amat(folder.path());
    std::string text = lines(5, " \r");
    text.pop_back();  // no newline at the end
    std::replace(text.begin(), text.begin() + 100, ' ', '\t');
    write(folder / "binarized_mnist_train.amat", "  " + text);
    EXPECT_EQ(load_amat(folder.path()).train.pixels, plain.train.pixels);
}

TEST(Amat, IsADataSetThatProgramsFind) {
    const TemporaryFolder folder;
    write_set(folder / "static");
    write(folder / "static/binarized_mnist_valid.amat", "not read");
    const DataSplits data = find_data(folder / "static", {}, {});
    EXPECT_EQ(data.train.name, "binarized_mnist");
    EXPECT_EQ(data.train.classes, 0);
    expect_says(data.source, {"binarized_mnist, 5 + 3 images of 28 x 28", "binarized_mnist_valid.amat left aside"});
}

TEST(Amat, OtherTextIsRefusedWithTheLine) {
    const TemporaryFolder folder;
    write_set(folder.path());
    const fs::path file = folder / "binarized_mnist_train.amat";
    const auto refused = [&](const std::string& text, std::initializer_list<std::string> parts) {
        write(file, text);
        const std::string sentence = data_error([&] { load_amat(folder.path()); });
        expect_says(sentence, {file.string()});
        expect_says(sentence, parts);
    };
    refused("", {"empty file"});
    refused(lines(2) + "\n" + lines(1), {"line 3", "784 words, came 0"});
    refused(lines(2) + "0 1 0\n", {"line 3", "784 words, came 3"});
    refused("0 " + lines(1), {"line 1", "came 785"});
    std::string digit = lines(3);
    digit[2 * 1568 + 4] = '2';
    refused(digit, {"line 3", "0 or 1", "'2'", "byte 3140"});
    std::string joined = lines(1);
    joined[3] = '1';
    refused(joined, {"line 1", "0 or 1"});
    refused("0.5 " + lines(1), {"line 1", "'0.5'"});
    refused(std::string(100, 'x'), {"line 1", "'xxxxxxxxxxxxxxxx'"});
    refused(std::string("\0\1", 2), {"line 1"});
    fs::remove(file);
    expect_says(data_error([&] { load_amat(folder.path()); }), {file.string(), "No such file"});
}

}  // namespace
}  // namespace sinter
