// Reading image files: every kind decodes to the right pixels, and what is broken is refused by name.
#include "core/pictures/image_file.h"

#include <gtest/gtest.h>

#include "tests/common/data_files.h"
#include "tests/common/errors.h"
#include "tests/common/image_files.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

using namespace tests;

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

TEST_F(ImageFile, SixteenBitsAreCutToEight) {
    EXPECT_EQ(read(png16_bytes({1, 3, 1, {0, 100, 255}})).pixels, (tests::Bytes{0, 100, 255}));
    EXPECT_EQ(read(png16_bytes({1, 1, 3, {9, 8, 7}})).pixels, (tests::Bytes{9, 8, 7}));
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

TEST_F(ImageFile, NamesEndInPngJpgOrJpegInAnyCase) {
    for (const char* name : {"a.png", "a.PNG", "a.Jpg", "b/a.jpeg", "a.b.JPEG"})
        EXPECT_TRUE(has_image_name(name)) << name;
    for (const char* name : {"png", "a.gif", "a.png.txt", "a", ".png", "a.jpg~"})
        EXPECT_FALSE(has_image_name(name)) << name;
}

TEST_F(ImageFile, WhatIsNoImageIsRefused) {
    expect_says(refusal({}), {"expected a PNG or JPEG image"});
    expect_says(refusal({'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0}), {"expected a PNG or JPEG image"});
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
        for (std::size_t size = 0; size < whole.size(); size += size + 60 < whole.size() ? 7 : 1)
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
    expect_says(refusal(damaged), {"the checksum of its chunk at byte 33 is wrong"});
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
