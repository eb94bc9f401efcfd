// Fitting images: known values of the resampling, the centre crop, and the conversion of channels.
#include "core/pictures/image_fitter.h"

#include <gtest/gtest.h>

#include <numeric>

namespace sinter {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes fit(const Bytes& from, std::int64_t height, std::int64_t width, std::int64_t to_height, std::int64_t to_width,
          std::int64_t channels = 1) {
    Bytes to(static_cast<std::size_t>(to_height * to_width * channels));
    ImageFitter(height, width, to_height, to_width).fit(from.data(), channels, to.data());
    return to;
}

TEST(ImageFitter, AnImageOfTheRightSizeIsCopied) {
    Bytes image(5 * 7 * 3);
    std::iota(image.begin(), image.end(), std::uint8_t{0});
    EXPECT_EQ(fit(image, 5, 7, 5, 7, 3), image);
}

TEST(ImageFitter, ShrinkingTakesTheMeanOverEachArea) {
    EXPECT_EQ(fit({0, 10, 100, 120,  //
                   20, 30, 140, 160},
                  2, 4, 1, 2),
              (Bytes{15, 130}));
    // Three pixels to two: the middle one belongs to both. (2 * 30 + 90) / 3 and (90 + 2 * 240) / 3, from 3 x 3.
    EXPECT_EQ(fit({30, 90, 240, 30, 90, 240, 30, 90, 240}, 3, 3, 2, 2), (Bytes{50, 190, 50, 190}));
}

TEST(ImageFitter, GrowingInterpolatesBetweenPixels) {
    // Pixel centres at -1/4 (the edge repeats), 1/4, 3/4 and 5/4 of the two pixels.
    EXPECT_EQ(fit({0, 100, 0, 100}, 2, 2, 4, 4),
              (Bytes{0, 25, 75, 100, 0, 25, 75, 100, 0, 25, 75, 100, 0, 25, 75, 100}));
    EXPECT_EQ(fit({0, 0, 100, 100}, 2, 2, 4, 4),
              (Bytes{0, 0, 0, 0, 25, 25, 25, 25, 75, 75, 75, 75, 100, 100, 100, 100}));
    EXPECT_EQ(fit({7, 8, 9}, 1, 1, 2, 3, 3), (Bytes{7, 8, 9, 7, 8, 9, 7, 8, 9, 7, 8, 9, 7, 8, 9, 7, 8, 9}));
}

TEST(ImageFitter, TheMiddleOfTheLongerSideIsKept) {
    EXPECT_EQ(fit({1, 2, 3, 4, 5, 6}, 1, 6, 1, 2), (Bytes{3, 4}));
    EXPECT_EQ(fit({1, 2, 3, 4, 5, 6}, 6, 1, 2, 1), (Bytes{3, 4}));
    EXPECT_EQ(fit({1, 2, 3, 4, 5}, 1, 5, 1, 2), (Bytes{2, 3})) << "an odd pixel is cut off at the end, not blurred";
    EXPECT_EQ(fit({0, 0, 10, 20, 30, 40, 0, 0, 0, 0, 50, 60, 70, 80, 0, 0}, 2, 8, 1, 2), (Bytes{35, 55}));
}

TEST(ImageFitter, ConstantImagesStayConstantAtAnySize) {
    for (const std::uint8_t value : {0, 1, 128, 255})
        for (const std::int64_t height : {1, 2, 7, 28, 61})
            for (const std::int64_t width : {1, 3, 32, 45})
                for (const std::int64_t to : {1, 2, 5, 28, 32, 64}) {
                    const Bytes image(static_cast<std::size_t>(height * width), value);
                    EXPECT_EQ(fit(image, height, width, to, to), Bytes(static_cast<std::size_t>(to * to), value))
                        << height << " x " << width << " to " << to;
                }
}

TEST(ImageFitter, MirroredImagesGiveMirroredImages) {
    for (const std::int64_t width : {9, 28, 33}) {
        Bytes image(static_cast<std::size_t>(width * width));
        unsigned state = 1;
        for (std::uint8_t& pixel : image) pixel = static_cast<std::uint8_t>((state = state * 69069 + 1) >> 24);
        Bytes turned(image.rbegin(), image.rend());
        for (const std::int64_t to : {5, 16, 32, 64}) {
            const Bytes a = fit(image, width, width, to, to), b = fit(turned, width, width, to, to);
            for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[a.size() - 1 - i], 1) << width << " " << to;
        }
    }
}

// 4 wide and 2 high, as a square.
TEST(ImageFitter, OtherProportionsAreCroppedPaddedOrStretched) {
    const Bytes image = {10, 20, 30, 40, 50, 60, 70, 80};
    const auto fit_as = [&](Fit fit, const Colour& border) {
        Bytes to(16);
        ImageFitter(2, 4, 4, 4, fit, border).fit(image.data(), 1, to.data());
        return to;
    };
    const Bytes padded = fit_as(Fit::pad, {200, 200, 200});
    EXPECT_EQ(padded, (Bytes{200, 200, 200, 200, 10, 20, 30, 40, 50, 60, 70, 80, 200, 200, 200, 200}));
    const Bytes stretched = fit_as(Fit::stretch, kBlack);
    EXPECT_EQ(Bytes(stretched.begin(), stretched.begin() + 4), (Bytes{10, 20, 30, 40}));
    EXPECT_EQ(Bytes(stretched.end() - 4, stretched.end()), (Bytes{50, 60, 70, 80}));
    const Bytes cropped = fit_as(Fit::crop, {200, 200, 200});
    EXPECT_EQ(cropped[1], 23) << "of the middle two columns, grown to four";
    EXPECT_EQ(cropped[15], 73);
}

TEST(ImageFitter, TheBorderHasItsColour) {
    const Bytes image = {1, 2, 3, 4, 5, 6};
    Bytes to(12);
    ImageFitter(1, 2, 2, 2, Fit::pad, {7, 8, 9}).fit(image.data(), 3, to.data());
    EXPECT_EQ(to, (Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 7, 8, 9}));
}

TEST(ConvertChannels, GreyIsRepeatedAndColourIsWeighted) {
    const auto convert = [](const Bytes& from, std::int64_t channels, std::int64_t to_channels) {
        const std::int64_t pixels = static_cast<std::int64_t>(from.size()) / channels;
        Bytes to(static_cast<std::size_t>(pixels * to_channels));
        convert_channels(from.data(), channels, to.data(), to_channels, pixels);
        return to;
    };
    EXPECT_EQ(convert({1, 200}, 1, 3), (Bytes{1, 1, 1, 200, 200, 200}));
    EXPECT_EQ(convert({255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 77, 77, 77}, 3, 1),
              (Bytes{76, 150, 29, 255, 77}));
    EXPECT_EQ(convert({1, 2, 3}, 3, 3), (Bytes{1, 2, 3}));
}

}  // namespace
}  // namespace sinter
