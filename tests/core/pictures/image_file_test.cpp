// Reading image files: every kind decodes to the right pixels, and what is broken is refused by name.
#include "core/pictures/image_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "tests/common/data_files.h"
#include "tests/common/errors.h"
#include "tests/common/fixtures.h"
#include "tests/common/image_files.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

using namespace tests;
namespace fs = std::filesystem;

class ImageFile : public testing::Test {
protected:
    TemporaryFolder folder_;

    Picture read(const tests::Bytes& content, const std::string& name = "image") {
        const auto file = write_file(folder_ / name, content);
        const Picture picture = read_image(file);
        const ImageInfo info = read_image_info(file);
        EXPECT_EQ(info.height, picture.height);
        EXPECT_EQ(info.width, picture.width);
        EXPECT_EQ(info.channels, picture.channels);
        return picture;
    }
    std::string refusal(const tests::Bytes& content) {
        const auto file = write_file(folder_ / "broken.jpg", content);
        const std::string sentence = data_error([&] { read_image(file); });
        expect_says(sentence, {file.string()});
        return sentence;
    }
};

TEST_F(ImageFile, PngKeepsEveryPixel) {
    const tests::Bytes grey = {1, 2, 3, 4, 5, 6}, colour = {1, 2, 3, 40, 50, 60};
    const Picture small = read(png_bytes({2, 3, 1, grey}));
    EXPECT_EQ(small.height, 2);
    EXPECT_EQ(small.width, 3);
    EXPECT_EQ(small.channels, 1);
    EXPECT_EQ(small.pixels, grey);
    const Picture wide = read(png_bytes({1, 2, 3, colour}));
    EXPECT_EQ(wide.channels, 3);
    EXPECT_EQ(wide.pixels, colour);
}

// Every file of the fixture has one feature, and its name says which.
TEST_F(ImageFile, IsWhatPillowReads) {
    const SafetensorsFile expected = open_fixture("pictures.safetensors");
    int files = 0;
    for (const auto& entry : fs::directory_iterator(fs::path(SINTER_FIXTURES) / "pictures")) {
        const std::string name = entry.path().filename().string();
        const SafetensorsEntry* const truth = expected.find(name);
        ++files;
        if (!truth) {
            expect_says(data_error([&] { read_image(entry.path()); }), {"[image] ", name, "expected"});
            continue;
        }
        const Picture picture = read_image(entry.path());
        const ImageInfo info = read_image_info(entry.path());
        EXPECT_EQ((Shape{picture.height, picture.width, picture.channels}), fixture_shape(expected, name)) << name;
        EXPECT_EQ((Shape{info.height, info.width, info.channels}), fixture_shape(expected, name)) << name;
        const auto values = entry_values<std::uint8_t>(*truth);
        ASSERT_EQ(picture.pixels.size(), values.size()) << name;
        // A JPEG's transform and colours may be rounded in another way; Pillow brings a libjpeg of its own.
        const bool is_jpeg = name.find("jp") != std::string::npos && name != "png_in_truth.jpg";
        for (std::size_t i = 0; i < values.size(); ++i)
            ASSERT_NEAR(picture.pixels[i], values[i], is_jpeg ? 2 : 0) << name << ' ' << i;
    }
    EXPECT_GE(files, 49);
    EXPECT_EQ(read_image_info(fs::path(SINTER_FIXTURES) / "pictures" / "grey_16_bits.png").bits, 16);
}

TEST_F(ImageFile, SixteenBitsAreWhiteAtTheEndOfTheirRange) {
    const auto file = write_file(folder_ / "16.png", png16_bytes({1, 3, 1, {0, 7, 15}}));  // 77, 1869 and 3917
    EXPECT_EQ(read_image(file).pixels, (tests::Bytes{0, 7, 15}));
    EXPECT_EQ(read_image(file, {.range = 4095}).pixels, (tests::Bytes{5, 116, 244}));
    EXPECT_EQ(read_image(file, {.range = 1869}).pixels, (tests::Bytes{11, 255, 255})) << "what is beyond is white";
    EXPECT_EQ(largest_number(file), 3917);
    EXPECT_EQ(largest_number(write_file(folder_ / "8.png", png_bytes({1, 1, 1, {200}}))), 0);
}

TEST_F(ImageFile, OpacityLiesOnTheBackground) {
    const auto file = write_file(folder_ / "a.png", png_bytes({1, 2, 2, {10, 0, 100, 51}}));
    EXPECT_EQ(read_image(file, {.background = kBlack}).pixels, (tests::Bytes{0, 20}));
    const Picture colour = read_image(file, {.background = {255, 0, 100}});
    EXPECT_EQ(colour.channels, 3) << "grey, on a background of colour";
    EXPECT_EQ(colour.pixels, (tests::Bytes{255, 0, 100, 224, 20, 100}));
}

// Crafted files that made a decoder read beside its tables.
TEST_F(ImageFile, HuffmanTablesThatCountTooMuchAreRefused) {
    tests::Bytes whole = jpeg_bytes(plain_image(8, 8, 1, 50));
    constexpr std::uint8_t kTable[] = {0xFF, 0xC4};
    const auto table = std::search(whole.begin(), whole.end(), std::begin(kTable), std::end(kTable));
    ASSERT_NE(table, whole.end());
    for (int length = 0; length < 16; ++length) {
        tests::Bytes crafted = whole;
        crafted[static_cast<std::size_t>(table - whole.begin() + 5 + length)] = 255;
        expect_says(refusal(crafted), {"cannot be decoded"});
    }
}

TEST_F(ImageFile, OpacityLiesOnWhite) {
    const Picture colour = read(png_bytes({1, 2, 4, {10, 20, 30, 0, 10, 20, 30, 255}}));
    EXPECT_EQ(colour.channels, 3);
    EXPECT_EQ(colour.pixels, (tests::Bytes{255, 255, 255, 10, 20, 30}));
    const Picture grey = read(png_bytes({1, 2, 2, {10, 0, 10, 255}}));
    EXPECT_EQ(grey.channels, 1);
    EXPECT_EQ(grey.pixels, (tests::Bytes{255, 10}));
}

TEST_F(ImageFile, JpegIsNearTheOriginal) {
    for (const int channels : {1, 3}) {
        const Picture picture = read(jpeg_bytes(plain_image(17, 9, channels, 200)));
        EXPECT_EQ(picture.height, 17);
        EXPECT_EQ(picture.width, 9);
        for (const std::uint8_t value : picture.pixels) EXPECT_NEAR(value, 200, 2);
    }
}

TEST_F(ImageFile, NamesEndInPngJpgJpegOrWebpInAnyCase) {
    for (const char* name : {"a.png", "a.PNG", "a.Jpg", "b/a.jpeg", "a.b.JPEG", "a.webp"})
        EXPECT_TRUE(has_image_name(name)) << name;
    for (const char* name : {"png", "a.gif", "a.png.txt", "a", ".png", "a.jpg~"})
        EXPECT_FALSE(has_image_name(name)) << name;
}

TEST_F(ImageFile, WhatIsNoImageIsRefused) {
    expect_says(refusal({}), {"expected a PNG, JPEG or WebP image"});
    expect_says(refusal({'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0}), {"expected a PNG, JPEG or WebP image"});
    expect_says(data_error([&] { read_image(folder_ / "none.png"); }), {"none.png", "No such file"});
    EXPECT_THROW(read_image(folder_.path()), DataError);
    EXPECT_THROW(read_image_info(folder_ / "none.png"), DataError);
}

TEST_F(ImageFile, HugeSizesInAHeaderAreNotBelieved) {
    for (const auto& [height, width] : {std::pair{1u, 16385u}, {16385u, 1u}, {16384u, 16384u}, {~0u, ~0u}, {0u, 5u}})
        refusal(png_claiming(height, width));
    expect_says(refusal(png_claiming(16000, 16000)), {"16000 x 16000", "at most 16384 pixels a side"});
}

TEST_F(ImageFile, EveryTruncationIsRefused) {
    const tests::Bytes pixels = {1, 200, 3, 40, 5, 60, 70, 8, 90, 10, 11, 120};
    for (const tests::Bytes& whole : {png_bytes({2, 2, 3, pixels}), jpeg_bytes({2, 2, 3, pixels}),
                                      jpeg_bytes({12, 1, 1, pixels}), png16_bytes({2, 2, 3, pixels})}) {
        EXPECT_NO_THROW(read(whole));
        // A PNG file whose last chunk, which is empty, lacks its checksum has lost nothing.
        const std::size_t end = whole.size() - (whole[0] == 0x89 ? 4 : 0);
        for (std::size_t size = 0; size < end; size += size + 60 < end ? 7 : 1)
            refusal(tests::Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    }
}

TEST_F(ImageFile, EveryDamagedBitOfAPngIsRefused) {
    const tests::Bytes pixels = {1, 200, 3, 40, 5, 60, 70, 8, 90, 10, 11, 120};
    for (const tests::Bytes& whole : {png_bytes({2, 2, 3, pixels}), png16_bytes({2, 2, 3, pixels})}) {
        for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
            tests::Bytes damaged = whole;
            damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1 << bit % 8);
            refusal(damaged);
        }
        tests::Bytes longer = whole;
        longer.push_back(7);
        EXPECT_EQ(read(longer).pixels, pixels) << "what follows the end is not of the image";
    }
    tests::Bytes damaged = png_bytes({2, 2, 3, pixels});
    damaged[damaged.size() - 15] ^= 1;
    expect_says(refusal(damaged), {"invalid chunk checksum"});
}

TEST_F(ImageFile, DamagedBytesAreRefusedOrReadSoundly) {
    const tests::Bytes pixels = {1, 200, 3, 40, 5, 60, 70, 8, 90, 10, 11, 120};
    for (const tests::Bytes& whole : {png_bytes({2, 2, 3, pixels}), jpeg_bytes({2, 2, 3, pixels})}) {
        for (std::size_t at = 0; at < whole.size(); at += 3) {
            tests::Bytes damaged = whole;
            damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ 0x55);
            try {
                const Picture picture = read_image(write_file(folder_ / "damaged", damaged));
                EXPECT_EQ(static_cast<std::int64_t>(picture.pixels.size()),
                          picture.height * picture.width * picture.channels);
            } catch (const DataError&) {
            }
        }
    }
}

TEST_F(ImageFile, BytesAfterTheEndOfAJpegDoNotMatter) {
    tests::Bytes content = jpeg_bytes(plain_image(3, 3, 1, 50));
    content.insert(content.end(), {0xFF, 0xDA, 0, 0, 7});
    EXPECT_NEAR(read(content).pixels[0], 50, 2);
}

}  // namespace
}  // namespace sinter
