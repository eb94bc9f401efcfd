// Images in one array: the orders of pixels and channels, the types, and one sentence for each way to be something
// else.
#include "core/data/formats/image_array.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "core/files/npy.h"
#include "tests/common/data_files.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;
using tests::data_error;
using tests::expect_says;
using Octets = tests::Bytes;
using Sizes = std::vector<std::int64_t>;

/// The bytes 0, 1, 2, ...
Octets counted(std::size_t count) {
    Octets bytes(count);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    return bytes;
}

void expect_sizes(const ImageSet& set, const Sizes& expected) {
    EXPECT_EQ((Sizes{set.count, set.height, set.width, set.channels}), expected);
    EXPECT_EQ(std::ssize(set.pixels), set.count * set.bytes_per_image());
    EXPECT_TRUE(set.labels.empty());
    EXPECT_EQ(set.classes, 0);
}

class ImageArray : public testing::Test {
protected:
    template <class T>
    ImageSet loading(const std::vector<T>& values, const Sizes& shape) const {
        write_npy<T>(path_, values, shape);
        return load_image_array(path_);
    }
    template <class T>
    std::string refusal(const std::vector<T>& values, const Sizes& shape) const {
        const std::string sentence = data_error([&] { loading(values, shape); });
        expect_says(sentence, {"[data] " + path_.string() + ": expected"});
        return sentence;
    }

    const TemporaryFolder folder_;
    const fs::path path_ = folder_ / "images.npy";
};

TEST_F(ImageArray, OfThreeSizesIsGrey) {
    const ImageSet set = loading(counted(24), {2, 3, 4});
    expect_sizes(set, {2, 3, 4, 1});
    EXPECT_EQ(set.pixels, counted(24));
    EXPECT_EQ(set.name, "images.npy");
}

TEST_F(ImageArray, WithChannelsLastIsTakenAsItIs) {
    for (const std::int64_t channels : {1, 3}) {
        const ImageSet set = loading(counted(static_cast<std::size_t>(20 * channels)), {2, 2, 5, channels});
        expect_sizes(set, {2, 2, 5, channels});
        EXPECT_EQ(set.pixels, counted(static_cast<std::size_t>(20 * channels)));
    }
}

TEST_F(ImageArray, WithChannelsFirstIsTurned) {
    // Two images of 2x2: the planes of red, green and blue.
    const ImageSet set = loading(counted(24), {2, 3, 2, 2});
    expect_sizes(set, {2, 2, 2, 3});
    EXPECT_EQ(set.pixels,
              (Octets{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23}));
    const ImageSet grey = loading(counted(20), {2, 1, 2, 5});
    expect_sizes(grey, {2, 2, 5, 1});
    EXPECT_EQ(grey.pixels, counted(20));
}

TEST_F(ImageArray, WhereBothOrdersMakeImagesHasChannelsLast) {
    expect_sizes(loading(counted(18), {2, 3, 1, 3}), {2, 3, 1, 3});
    expect_sizes(loading(counted(18), {2, 3, 3, 1}), {2, 3, 3, 1});
}

TEST_F(ImageArray, OfFloatsIsRoundedToBytes) {
    const std::vector<double> values{0, 1, 0.5, 1.0 / 255, 0.49 / 255, 0.51 / 255, 254.49 / 255, -0.0};
    const Octets expected{0, 255, 128, 1, 0, 1, 254, 0};
    EXPECT_EQ(loading(values, {1, 2, 4}).pixels, expected);
    EXPECT_EQ(loading(std::vector<float>(values.begin(), values.end()), {1, 2, 4}).pixels, expected);
    // Every byte comes back from what it is over 255.
    std::vector<float> all;
    for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<float>(byte) / 255);
    EXPECT_EQ(loading(all, {1, 16, 16}).pixels, counted(256));
}

TEST_F(ImageArray, RefusesFloatsThatAreNoBrightness) {
    for (const float wrong : {-0.001F, 1.001F, 255.0F, std::nanf(""), std::numeric_limits<float>::infinity()}) {
        std::vector<float> values(12, 0.5F);
        values[7] = wrong;
        expect_says(refusal(values, {1, 3, 4}), {"from 0 (black) to 1 (white)", "as number 7", "scale them"});
        expect_says(refusal(std::vector<double>(values.begin(), values.end()), {1, 3, 4}), {"as number 7"});
    }
    expect_says(refusal(std::vector<float>{0, 255}, {1, 1, 2}), {"came 255"});
    expect_says(refusal(std::vector<float>{std::nanf(""), 0}, {1, 1, 2}), {"came nan"});
}

TEST_F(ImageArray, RefusesOtherTypes) {
    expect_says(refusal(std::vector<std::int64_t>(6), {1, 2, 3}), {"bytes (|u1) or floats", "type <i8"});
    expect_says(refusal(std::vector<std::int32_t>(6), {1, 2, 3}), {"type <i4"});
}

TEST_F(ImageArray, RefusesOtherSizes) {
    for (const Sizes& shape : {Sizes{24}, {4, 6}, {2, 2, 3, 2}, {1, 2, 3, 4}, {2, 1, 2, 2, 3}}) {
        std::string sizes;
        for (const std::int64_t size : shape) sizes += (sizes.empty() ? "" : " x ") + std::to_string(size);
        expect_says(refusal(counted(24), shape), {"[count, height, width]", "an array of " + sizes + ";", "reshape"});
    }
    expect_says(refusal(counted(1), {}), {"one number", "reshape"});
}

TEST_F(ImageArray, RefusesArraysWithoutImages) {
    for (const Sizes& shape : {Sizes{0, 28, 28}, {5, 0, 28}, {5, 28, 0}, {0, 28, 28, 3}, {0, 3, 28, 28}})
        expect_says(refusal(counted(0), shape), {"at least one image", "came none"});
}

TEST_F(ImageArray, RefusesDamagedFiles) {
    const fs::path cut = tests::write_file(folder_ / "cut.npy", tests::npy_file("{'descr': '|u1', ", {}));
    expect_says(data_error([&] { load_image_array(cut); }), {cut.string(), "save the array again"});
    expect_says(data_error([&] { load_image_array(folder_ / "missing.npy"); }), {"missing.npy"});
}

TEST_F(ImageArray, InAnIdxFileIsGrey) {
    const Octets content = tests::idx_bytes({2, 3, 4}, 24);
    for (const auto& file : {tests::write_file(folder_ / "raw-idx3-ubyte", content),
                             tests::write_file(folder_ / "packed.gz", tests::gzip(content))}) {
        const ImageSet set = load_image_array(file);
        expect_sizes(set, {2, 3, 4, 1});
        EXPECT_EQ(set.pixels, counted(24));
        EXPECT_EQ(set.name, file.filename().string());
    }
    const fs::path none = tests::write_file(folder_ / "none", tests::idx_bytes({0, 28, 28}, 0));
    expect_says(data_error([&] { load_image_array(none); }), {none.string(), "at least one image"});
    const fs::path labels = tests::write_file(folder_ / "labels", tests::idx_bytes({4}, 4));
    expect_says(data_error([&] { load_image_array(labels); }), {labels.string(), "expected 3 size(s)", "came 1"});
    const fs::path text = tests::write_file(folder_ / "images.txt", Octets{'h', 'e', 'l', 'l', 'o'});
    expect_says(data_error([&] { load_image_array(text); }), {text.string()});
}

}  // namespace
}  // namespace sinter
