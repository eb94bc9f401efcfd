// The importance-weighted bound from its weights, and the sum of exponentials that it stands on.
#include "core/statistics/importance_curve.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/common/errors.h"

namespace sinter {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(LogSumExp, NeitherOverflowsNorLosesNaN) {
    const auto of = [](std::initializer_list<double> values) {
        return log_mean_exp(std::span(values.begin(), values.size()));
    };
    EXPECT_NEAR(of({0, std::log(3.0)}), std::log(2.0), 1e-15);
    EXPECT_NEAR(of({-5000, -5000 + std::log(3.0)}), -5000 + std::log(2.0), 1e-12);
    EXPECT_NEAR(of({5000, 4000}), 5000 - std::log(2.0), 1e-12);
    EXPECT_NEAR(of({4000, 5000}), 5000 - std::log(2.0), 1e-12);
    EXPECT_NEAR(of({-kInfinity, 1, -kInfinity}), 1 - std::log(3.0), 1e-15) << "a weight of zero";
    EXPECT_EQ(of({-kInfinity, -kInfinity}), -kInfinity);
    EXPECT_TRUE(std::isnan(of({1, std::nan(""), 2})));
    EXPECT_TRUE(std::isnan(of({std::nan(""), 1})));
    EXPECT_EQ(LogSumExp().value(), -kInfinity);
}

/// L_k of one image by its definition: over the groups of k that are whole.
double bound_of(std::span<const double> weights, std::size_t k) {
    double sum = 0;
    const std::size_t groups = weights.size() / k;
    for (std::size_t g = 0; g < groups; ++g) {
        double mean = 0;
        for (const double w : weights.subspan(g * k, k)) mean += std::exp(w) / static_cast<double>(k);
        sum += std::log(mean);
    }
    return sum / static_cast<double>(groups);
}

class CurveOf : public testing::TestWithParam<std::int64_t> {};

TEST_P(CurveOf, IsTheDefinition) {
    constexpr std::size_t kImages = 3;
    const auto samples = static_cast<std::size_t>(GetParam());
    std::mt19937 random(1);
    std::normal_distribution<double> normal(-2, 1.5);
    std::vector<double> weights(kImages * samples);
    for (double& w : weights) w = normal(random);
    ImportanceCurve curve(GetParam());
    for (const double w : weights) curve.add(w);
    EXPECT_EQ(curve.images(), 3);

    const std::vector<ImportanceBound> bounds = curve.bounds();
    std::vector<std::int64_t> sizes;
    for (std::int64_t k = 1; k < GetParam(); k *= 10) sizes.push_back(k);
    sizes.push_back(GetParam());
    ASSERT_EQ(bounds.size(), sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        EXPECT_EQ(bounds[i].samples, sizes[i]);
        double of_images[kImages], mean = 0, squares = 0;
        for (std::size_t n = 0; n < kImages; ++n) {
            of_images[n] =
                bound_of(std::span(weights).subspan(n * samples, samples), static_cast<std::size_t>(sizes[i]));
            mean += of_images[n] / kImages;
        }
        for (const double x : of_images) squares += (x - mean) * (x - mean);
        EXPECT_NEAR(bounds[i].mean, mean, 1e-12 * std::abs(mean)) << sizes[i];
        EXPECT_NEAR(bounds[i].standard_error, std::sqrt(squares / 2 / 3), 1e-9) << sizes[i];
    }
}

INSTANTIATE_TEST_SUITE_P(Samples, CurveOf, testing::Values(1, 2, 9, 10, 11, 99, 100, 1037, 5000));

TEST(ImportanceCurve, KeepsTheDigitsOfItsErrorFarFromZero) {
    ImportanceCurve curve(1);
    for (int i = 0; i < 1000; ++i) curve.add(-1e9 + (i % 2 == 0 ? 1e-3 : -1e-3));
    EXPECT_NEAR(curve.bounds()[0].standard_error, 1e-3 / std::sqrt(999), 1e-7);
}

TEST(ImportanceCurve, OfOneImageHasNoError) {
    ImportanceCurve curve(2);
    curve.add(1);
    curve.add(1);
    EXPECT_EQ(curve.bounds().back().mean, 1);
    EXPECT_TRUE(std::isnan(curve.bounds().back().standard_error));
}

TEST(ImportanceCurve, WantsASample) {
    tests::expect_usage_error([] { ImportanceCurve(0); }, {"one sample", "got 0"});
    tests::expect_usage_error([] { ImportanceCurve(-5); }, {"got -5"});
}

}  // namespace
}  // namespace sinter
