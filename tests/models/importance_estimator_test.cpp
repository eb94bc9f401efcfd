// The importance-weighted bound where the truth is known: linear Gaussian models, whose p(x) has a closed form.
#include "models/vae/importance_estimator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "core/losses/likelihood.h"
#include "core/ops/linear.h"
#include "tests/common/errors.h"

namespace sinter {
namespace {

constexpr std::size_t kPixels = 5, kLatent = 2;

/// x = W z + b + noise of one variance, with columns of W that stand at right angles: the posterior of z has
/// independent units, as an encoder gives them.
struct LinearModel {
    double columns[kLatent][kPixels] = {{0.6, 0.2, -0.4, 0.0, 0.5}, {0.2, -0.6, 0.0, 0.7, 0.0}};
    double offset[kPixels] = {0.1, 0.5, 0.3, 0.7, 0.2};
    double log_variance = -1.5;

    double square(std::size_t unit) const {
        double sum = 0;
        for (const double w : columns[unit]) sum += w * w;
        return sum;
    }
    double along(std::size_t unit, const double* x) const {
        double sum = 0;
        for (std::size_t i = 0; i < kPixels; ++i) sum += columns[unit][i] * (x[i] - offset[i]);
        return sum;
    }
    /// log N(x; b, W W^T + sigma^2 I)
    double log_likelihood(const double* x) const {
        const double variance = std::exp(log_variance);
        double squares = 0;
        for (std::size_t i = 0; i < kPixels; ++i) squares += (x[i] - offset[i]) * (x[i] - offset[i]);
        double exponent = squares / variance, log_determinant = (kPixels - kLatent) * log_variance;
        for (std::size_t l = 0; l < kLatent; ++l) {
            const double part = along(l, x) * along(l, x) / square(l);
            exponent += part * (1 / (variance + square(l)) - 1 / variance);
            log_determinant += std::log(variance + square(l));
        }
        return -0.5 * (exponent + log_determinant + kPixels * std::log(2 * std::numbers::pi));
    }
    /// mu and log sigma^2 of the exact posterior
    std::vector<double> heads(const std::vector<double>& images) const {
        std::vector<double> heads;
        const double variance = std::exp(log_variance);
        for (std::size_t n = 0; n < images.size() / kPixels; ++n) {
            for (std::size_t l = 0; l < kLatent; ++l)
                heads.push_back(along(l, images.data() + n * kPixels) / (variance + square(l)));
            for (std::size_t l = 0; l < kLatent; ++l) heads.push_back(std::log(variance / (variance + square(l))));
        }
        return heads;
    }
};

std::vector<double> some_images(std::size_t count) {
    std::mt19937 random(3);
    std::vector<double> images(count * kPixels);
    for (double& pixel : images) pixel = static_cast<double>(random()) / 4294967296.0;
    return images;
}

Tensor on(Device device, const std::vector<double>& values, const Shape& shape) {
    return Tensor::from(std::span<const double>(values), shape, device);
}

struct Estimate {
    explicit Estimate(const ImportanceEstimator& estimator)
        : bounds(estimator.curve().bounds()), distortion(estimator.distortion()) {}

    std::vector<ImportanceBound> bounds;
    double distortion;
};

/// The estimate for these images with an encoder that is `wrong` by so much.
Estimate estimate(const std::vector<double>& images, double wrong, Index samples, Index rows = 1000,
                  std::uint64_t seed = 1, Device device = Device::cpu()) {
    const LinearModel model;
    const Index count = std::ssize(images) / static_cast<Index>(kPixels);
    std::vector<double> heads = model.heads(images), weight;
    for (std::size_t i = 0; i < heads.size(); ++i)
        heads[i] += wrong * (i % (2 * kLatent) < kLatent ? 0.3 : 0.5 * (i % 2 == 0 ? 1 : -1));
    for (const auto& column : model.columns) weight.insert(weight.end(), column, column + kPixels);
    const Tensor w = on(device, weight, {kLatent, kPixels});
    const Tensor b = on(device, std::vector<double>(model.offset, model.offset + kPixels), {kPixels});
    const Tensor targets = on(device, images, {count, kPixels});
    ImportanceEstimator estimator(samples, rows, seed, device);
    estimator.add(on(device, heads, {count, 2 * kLatent}), [&](const Tensor& z, ImageRange range) {
        return gaussian_log_likelihood(
            linear(z, w, b), targets.view({range.count, kPixels}, range.first * Index{kPixels}), model.log_variance);
    });
    return Estimate(estimator);
}

double truth(const std::vector<double>& images) {
    double sum = 0;
    for (std::size_t n = 0; n < images.size() / kPixels; ++n)
        sum += LinearModel().log_likelihood(images.data() + n * kPixels);
    return sum / static_cast<double>(images.size() / kPixels);
}

/// Weights of an exact posterior are all p(x). In float a weight is off by some roundings of its parts, of up to 20.
TEST(ImportanceEstimator, AnExactPosteriorGivesTheLikelihoodForAnyK) {
    const std::vector<double> images = some_images(30);
    for (const Index samples : {1, 10, 137}) {
        const Estimate found = estimate(images, 0, samples);
        for (const ImportanceBound& bound : found.bounds)
            EXPECT_NEAR(bound.mean, truth(images), 2e-6) << bound.samples << " of " << samples;
    }
}

TEST(ImportanceEstimator, ConvergesToTheLikelihoodFromBelow) {
    const std::vector<double> images = some_images(10);
    constexpr int kSeeds = 24;
    double sum = 0, squares = 0, first = 0, hundred = 0, last = 0;
    for (int seed = 0; seed < kSeeds; ++seed) {
        const auto bounds = estimate(images, 1, 5000, 2500, static_cast<std::uint64_t>(seed)).bounds;
        ASSERT_EQ(bounds.size(), 5u);
        first += bounds[0].mean / kSeeds;
        hundred += bounds[2].mean / kSeeds;
        last += bounds[4].mean / kSeeds;
        const double difference = bounds[4].mean - truth(images);
        sum += difference;
        squares += difference * difference;
    }
    const double error = std::sqrt((squares - sum * sum / kSeeds) / (kSeeds - 1) / kSeeds);
    EXPECT_LE(std::abs(sum / kSeeds), 3 * error);
    EXPECT_LT(error, 2e-3) << "a wide error would hide everything";
    EXPECT_LT(first, hundred - 0.01);
    EXPECT_LT(hundred, last);
    EXPECT_LT(first, truth(images) - 0.1) << "the encoder is wrong, so its ELBO is loose";
}

TEST(ImportanceEstimator, TwoSeedsAgree) {
    const std::vector<double> images = some_images(40);
    const double one = estimate(images, 1, 5000, 2500, 1).bounds.back().mean;
    const double two = estimate(images, 1, 5000, 2500, 2).bounds.back().mean;
    EXPECT_NE(one, two);
    EXPECT_NEAR(one, two, 0.01);
}

void expect_same(const Estimate& a, const Estimate& b) {
    ASSERT_EQ(a.bounds.size(), b.bounds.size());
    for (std::size_t i = 0; i < a.bounds.size(); ++i)
        EXPECT_EQ(a.bounds[i].mean, b.bounds[i].mean) << a.bounds[i].samples;
    EXPECT_EQ(a.distortion, b.distortion);
}

TEST(ImportanceEstimator, TheChunkDoesNotChangeABit) {
    const std::vector<double> images = some_images(17);
    const Estimate whole = estimate(images, 1, 203, 17 * 203);
    for (const Index rows : {1, 7, 203, 204, 600, 1000, 100'000}) {
        SCOPED_TRACE(rows);
        expect_same(estimate(images, 1, 203, rows), whole);
    }
}

TEST(ImportanceEstimator, AnImageIsAddedAloneAsAmongOthers) {
    const std::vector<double> images = some_images(4);
    const LinearModel model;
    const auto heads = model.heads(images);
    const auto constant = [](const Tensor& z, ImageRange) { return Tensor::full({z.size(0)}, -1, Device::cpu()); };
    ImportanceEstimator together(50, 1000, 1, Device::cpu()), apart(50, 1000, 1, Device::cpu());
    together.add(on(Device::cpu(), heads, {4, 4}), constant);
    for (Index n = 0; n < 4; ++n) apart.add(on(Device::cpu(), heads, {4, 4}).view({1, 4}, 4 * n), constant);
    expect_same(Estimate(together), Estimate(apart));
}

TEST(ImportanceEstimator, RefusesWhatMakesNoSense) {
    tests::expect_usage_error([] { ImportanceEstimator(0, 10, 1, Device::cpu()); }, {"one sample", "got 0"});
    tests::expect_usage_error([] { ImportanceEstimator(10, 0, 1, Device::cpu()); }, {"one row", "got 0"});
}

#ifdef SINTER_HAS_CUDA
/// A weight's parts, of up to 20, are rounded a few times on either device, and the mean of many is less off.
TEST(ImportanceEstimator, OnCUDAGivesTheSameAsOnTheCpu) {
    std::string why_none;
    if (Device::cuda_devices(&why_none) == 0) GTEST_SKIP() << "no CUDA device: " << why_none;
    const std::vector<double> images = some_images(6);
    const auto cuda = estimate(images, 1, 130, 200, 1, Device::cuda(0)).bounds;
    const auto cpu = estimate(images, 1, 130, 200, 1).bounds;
    for (std::size_t i = 0; i < cpu.size(); ++i) EXPECT_NEAR(cuda[i].mean, cpu[i].mean, 2e-5);
}
#endif

}  // namespace
}  // namespace sinter
