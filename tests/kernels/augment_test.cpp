// What kernels/augment.h draws and computes, by the reference in double: the definitions of the paper's code, step by
// step, and the transpose by its definition.
#include "kernels/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "kernels/runtime/queue.h"

namespace sinter::kernels {
namespace {

constexpr std::uint64_t kStep = 3;
constexpr RandomAddress kAddress{11, 4, &kStep};

std::vector<double> numbers(Index count, double phase) {
    std::vector<double> x(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(1.7 * static_cast<double>(i) + phase);
    return x;
}

std::vector<double> augmented(const std::vector<double>& x, const ImageShape& shape, const Augmentation& which,
                              AugmentPass pass = AugmentPass::images) {
    RefQueue<double> queue;
    std::vector<double> y(x.size(), NAN);
    augment(queue, y.data(), x.data(), shape, which, pass, kAddress);
    return y;
}

ImageAugmentation<double> drawn(Index image, const ImageShape& shape, const Augmentation& which) {
    return augmentation_of<double>(read_stream(kAddress), image, shape, which);
}

double product(const std::vector<double>& a, const std::vector<double>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

TEST(Augment, ColoursAreBrightnessThenSaturationThenContrast) {
    for (const Index channels : {1, 3}) {
        const ImageShape shape{2, 3, 5, channels};
        const std::vector<double> x = numbers(shape.count(), 0), y = augmented(x, shape, {.colour = true});
        const auto size = static_cast<std::size_t>(15 * channels);
        for (Index n = 0; n < 2; ++n) {
            const ImageAugmentation<double> how = drawn(n, shape, {.colour = true});
            const double contrast = 1 - how.of_image, saturation = how.own / contrast;
            std::vector<double> image(x.begin() + n * static_cast<Index>(size),
                                      x.begin() + (n + 1) * static_cast<Index>(size));
            for (double& value : image) value += how.brightness;
            for (auto pixel = image.begin(); pixel != image.end(); pixel += channels) {
                const double mean = std::accumulate(pixel, pixel + channels, 0.0) / static_cast<double>(channels);
                for (Index c = 0; c < channels; ++c) pixel[c] = mean + saturation * (pixel[c] - mean);
            }
            const double mean = std::accumulate(image.begin(), image.end(), 0.0) / static_cast<double>(size);
            for (std::size_t i = 0; i < size; ++i) {
                EXPECT_NEAR(y[static_cast<std::size_t>(n) * size + i], mean + contrast * (image[i] - mean), 1e-12)
                    << channels << " channels, image " << n << ", number " << i;
            }
        }
    }
}

TEST(Augment, TranslationBringsZerosIn) {
    const ImageShape shape{40, 17, 24, 2};
    const std::vector<double> x = numbers(shape.count(), 0), y = augmented(x, shape, {.translation = true});
    std::set<std::pair<Index, Index>> shifts;
    for (Index n = 0; n < shape.batch; ++n) {
        const ImageAugmentation<double> how = drawn(n, shape, {.translation = true});
        shifts.insert({how.down, how.right});
        for (Index row = 0; row < shape.height; ++row) {
            for (Index column = 0; column < shape.width; ++column) {
                const Index from_row = row - how.down, from_column = column - how.right;
                const bool is_inside = from_row >= 0 && from_row < 17 && from_column >= 0 && from_column < 24;
                const auto at = static_cast<std::size_t>(((n * 17 + row) * 24 + column) * 2 + 1);
                const auto from = static_cast<std::size_t>(((n * 17 + from_row) * 24 + from_column) * 2 + 1);
                ASSERT_EQ(y[at], is_inside ? x[from] : 0) << n << ": " << row << ", " << column;
            }
        }
    }
    // 17 / 8 = 2 rows and 24 / 8 = 3 columns each way: 35 shifts, of which 40 images have about 24.
    EXPECT_GT(shifts.size(), 15u);
    for (const auto& [down, right] : shifts) {
        EXPECT_LE(std::abs(down), 2);
        EXPECT_LE(std::abs(right), 3);
    }
}

TEST(Augment, CutoutIsASquareOfHalfTheSideWithItsMiddleAnywhere) {
    const ImageShape shape{200, 10, 7, 1};  // a cut of 5 x 3
    const std::vector<double> ones(static_cast<std::size_t>(shape.count()), 1.0);
    const std::vector<double> y = augmented(ones, shape, {.cutout = true});
    std::set<double> sizes;
    std::vector<bool> is_cut(70);
    for (Index n = 0; n < shape.batch; ++n) {
        const ImageAugmentation<double> how = drawn(n, shape, {.cutout = true});
        EXPECT_EQ(how.cut_bottom - how.cut_top, 5);
        EXPECT_EQ(how.cut_right - how.cut_left, 3);
        double cut = 0;
        for (Index i = 0; i < 70; ++i) {
            const bool is_within =
                i / 7 >= how.cut_top && i / 7 < how.cut_bottom && i % 7 >= how.cut_left && i % 7 < how.cut_right;
            ASSERT_EQ(y[static_cast<std::size_t>(n * 70 + i)], is_within ? 0 : 1);
            cut += is_within;
            if (is_within) is_cut[static_cast<std::size_t>(i)] = true;
        }
        sizes.insert(cut);
    }
    EXPECT_EQ(*sizes.begin(), 6) << "in a corner: 3 x 2";
    EXPECT_EQ(*sizes.rbegin(), 15);
    EXPECT_EQ(std::count(is_cut.begin(), is_cut.end(), false), 0) << "no pixel is safe";
}

TEST(Augment, DrawsAreUniformWithinTheirLimits) {
    const ImageShape shape{1, 8, 8, 3};
    double least[3] = {9, 9, 9}, most[3] = {-9, -9, -9}, sum[3] = {};
    constexpr Index kImages = 4000;
    for (Index n = 0; n < kImages; ++n) {
        const ImageAugmentation<double> how = drawn(n, shape, {.colour = true});
        const double contrast = 1 - how.of_image, found[] = {how.brightness, how.own / contrast, contrast};
        EXPECT_NEAR(how.own + how.of_pixel + how.of_image, 1, 1e-12) << "a grey image stays as grey";
        for (int k = 0; k < 3; ++k) {
            least[k] = std::min(least[k], found[k]);
            most[k] = std::max(most[k], found[k]);
            sum[k] += found[k];
        }
    }
    const double low[] = {-0.5, 0, 0.5}, high[] = {0.5, 2, 1.5};
    for (int k = 0; k < 3; ++k) {
        const double range = high[k] - low[k];
        EXPECT_GE(least[k], low[k]);
        EXPECT_LE(most[k], high[k]);
        EXPECT_LT(least[k], low[k] + 0.01 * range);
        EXPECT_GT(most[k], high[k] - 0.01 * range);
        // Four standard errors of the mean of uniform numbers.
        EXPECT_NEAR(sum[k] / kImages, (low[k] + high[k]) / 2, 4 * range / std::sqrt(12.0 * kImages));
    }
}

TEST(Augment, TransposeIsTheAdjointOfTheDirection) {
    for (const ImageShape& shape : {ImageShape{6, 17, 9, 3}, ImageShape{5, 16, 16, 1}, ImageShape{4, 7, 30, 2}}) {
        const Augmentation all{true, true, true};
        const std::vector<double> x = numbers(shape.count(), 0), dy = numbers(shape.count(), 1);
        const double forward = product(augmented(x, shape, all, AugmentPass::direction), dy);
        EXPECT_NEAR(forward, product(x, augmented(dy, shape, all, AugmentPass::transpose)), 1e-10);
        EXPECT_GT(std::abs(forward), 1e-3) << "else the test says nothing";
        // The direction is the difference of two images.
        std::vector<double> moved = x;
        for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += dy[i];
        const std::vector<double> to = augmented(moved, shape, all), from = augmented(x, shape, all);
        const std::vector<double> direction = augmented(dy, shape, all, AugmentPass::direction);
        for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(to[i] - from[i], direction[i], 1e-12);
    }
}

}  // namespace
}  // namespace sinter::kernels
