// Image grids: where every pixel goes, and that the PNG reads back as the same pixels.
#include "core/pictures/png.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/common/temporary_folder.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#include "stb_image.h"

namespace sinter {
namespace {

using Pixels = std::vector<std::uint8_t>;

Picture decode(std::span<const std::byte> png) {
    int width = 0, height = 0, channels = 0;
    stbi_uc* pixels = stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(png.data()), static_cast<int>(png.size()),
                                            &width, &height, &channels, 0);
    if (pixels == nullptr) return {};
    Picture picture{height, width, channels, Pixels(pixels, pixels + width * height * channels)};
    stbi_image_free(pixels);
    return picture;
}

TEST(ImageGrid, ImagesGoRowByRowWithFramesBetween) {
    const Pixels images{1, 2, 3, 4, 5, 6};  // three images of 1 x 2
    const Picture picture =
        arrange_grid(images, {.count = 3, .height = 1, .width = 2, .columns = 2, .padding = 1, .frame = 9});
    EXPECT_EQ(picture.height, 5);
    EXPECT_EQ(picture.width, 7);
    EXPECT_EQ(picture.pixels, (Pixels{9, 9, 9, 9, 9, 9, 9,  //
                                      9, 1, 2, 9, 3, 4, 9,  //
                                      9, 9, 9, 9, 9, 9, 9,  //
                                      9, 5, 6, 9, 9, 9, 9,  //
                                      9, 9, 9, 9, 9, 9, 9}));
}

TEST(ImageGrid, PixelsAreMagnifiedAndFramesAreNot) {
    const Pixels images{1, 2, 3, 4, 5, 6};  // one RGB image of 1 x 2
    const Picture picture = arrange_grid(
        images,
        {.count = 1, .height = 1, .width = 2, .channels = 3, .columns = 8, .padding = 1, .scale = 2, .frame = 0});
    EXPECT_EQ(picture.height, 4);
    EXPECT_EQ(picture.width, 6);
    const Pixels blank(18, 0), row{0, 0, 0, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 0, 0, 0};
    Pixels expected = blank;
    expected.insert(expected.end(), row.begin(), row.end());
    expected.insert(expected.end(), row.begin(), row.end());
    expected.insert(expected.end(), blank.begin(), blank.end());
    EXPECT_EQ(picture.pixels, expected);
}

TEST(ImageGrid, FloatsAreClampedAndRounded) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const std::vector<float> images{-1, 0, 0.5f / 255, 1 / 255.0f, 0.5f,
                                    1,  2, kInfinity,  -kInfinity, std::numeric_limits<float>::quiet_NaN()};
    const Picture picture = arrange_grid(images, {.count = 1, .height = 1, .width = 10, .padding = 0});
    EXPECT_EQ(picture.pixels, (Pixels{0, 0, 1, 1, 128, 255, 255, 255, 0, 0}));
}

TEST(ImageGrid, LayoutsThatMakeNoPictureAreRefused) {
    const Pixels images(16);
    const GridLayout good{.count = 4, .height = 2, .width = 2};
    EXPECT_NO_THROW(arrange_grid(images, good));
    const auto refused = [&](auto change) {
        GridLayout layout = good;
        change(layout);
        EXPECT_THROW(arrange_grid(images, layout), UsageError);
    };
    constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t wrong : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{3}, kHuge}) {
        refused([&](GridLayout& layout) { layout.count = wrong; });
        refused([&](GridLayout& layout) { layout.height = wrong; });
        refused([&](GridLayout& layout) { layout.width = wrong; });
        refused([&](GridLayout& layout) { layout.channels = wrong; });
    }
    for (const std::int64_t wrong : {std::int64_t{0}, kHuge}) {
        refused([&](GridLayout& layout) { layout.scale = wrong; });
    }
    refused([](GridLayout& layout) { layout.columns = 0; });
    refused([](GridLayout& layout) { layout.padding = -1; });
    refused([](GridLayout& layout) { layout.padding = kHuge; });
}

TEST(Png, DecodesToTheSamePixels) {
    for (const std::int64_t channels : {1, 3}) {
        Picture picture{37, 53, channels, Pixels(static_cast<std::size_t>(37 * 53 * channels))};
        unsigned state = 1;
        for (std::uint8_t& pixel : picture.pixels) pixel = static_cast<std::uint8_t>((state = state * 69069 + 1) >> 24);
        const Picture decoded = decode(encode_png(picture));
        EXPECT_EQ(decoded.height, 37);
        EXPECT_EQ(decoded.width, 53);
        EXPECT_EQ(decoded.channels, channels);
        EXPECT_EQ(decoded.pixels, picture.pixels);
    }
}

TEST(Png, PicturesWhoseSizesDisagreeAreRefused) {
    EXPECT_THROW(encode_png({}), UsageError);
    EXPECT_THROW(encode_png({2, 2, 1, Pixels(5)}), UsageError);
    EXPECT_THROW(encode_png({2, 2, 2, Pixels(8)}), UsageError);
    EXPECT_THROW(encode_png({-2, -2, 1, Pixels(4)}), UsageError);
    EXPECT_THROW(encode_png({1, 70000, 1, Pixels(70000)}), UsageError);
}

TEST(Png, GridIsWrittenToAFile) {
    const TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "grid.png";
    const std::vector<float> images(2 * 28 * 28, 1.0f);
    const GridLayout layout{.count = 2, .height = 28, .width = 28};
    write_png_grid(path, images, layout);
    EXPECT_EQ(decode(read_whole_file(path)).pixels, arrange_grid(images, layout).pixels);
}

}  // namespace
}  // namespace sinter
