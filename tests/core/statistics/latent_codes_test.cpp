// What latent codes carry: closed forms, and sums over all pairs by the definition.
#include "core/statistics/latent_codes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "tests/common/errors.h"

namespace sinter {
namespace {

/// Images with two units: one that tells them apart, and one at the prior.
const std::vector<float> kHeads = {3, 0, -2, 0, -1, 0, -2, 0, 1, 0, -2, 0};

TEST(LatentUnits, AreTheMomentsOfTheirMeans) {
    const LatentUnits units = latent_units(kHeads, 2);
    ASSERT_EQ(units.mean_variance.size(), 2u);
    EXPECT_NEAR(units.mean_variance[0], 8.0 / 3, 1e-12) << "divided by the number of images, as numpy's var";
    EXPECT_EQ(units.mean_variance[1], 0);
    EXPECT_EQ(units.active, 1);
    EXPECT_NEAR(units.kl[0], 0.5 * (11.0 / 3 + std::exp(-2.0) - 1 + 2), 1e-12);
    EXPECT_EQ(units.kl[1], 0);
    EXPECT_EQ(units.rate(), units.kl[0]);
}

TEST(LatentUnits, AreActiveAboveAHundredth) {
    const auto active = [](float distance) {
        return latent_units(std::vector<float>{distance, 0, -distance, 0}, 1).active;
    };
    EXPECT_EQ(active(0.0999f), 0);
    EXPECT_EQ(active(0.1001f), 1);
}

TEST(LatentUnits, LogVariancesCountWithinTheLimit) {
    const LatentUnits units = latent_units(std::vector<float>{0, 1000}, 1);
    EXPECT_NEAR(units.kl[0], 0.5 * (std::exp(20.0) - 1 - 20), 1e-3);
    EXPECT_TRUE(std::isnan(latent_units(std::vector<float>{0, NAN}, 1).kl[0]));
    EXPECT_TRUE(std::isnan(latent_units(std::vector<float>{NAN, 0}, 1).mean_variance[0]));
}

TEST(RateSplit, CodesFarApartTellAllImages) {
    const std::vector<float> heads = {100, -2, -100, -2, 300, -2, -300, -2}, z = {100.1f, -100, 300, -300.2f};
    const RateSplit split = split_rate(heads, z, 1, 1);
    EXPECT_NEAR(split.mutual_information, std::log(4.0), 1e-12);
    EXPECT_NEAR(split.rate, latent_units(heads, 1).kl[0], 1e-9);
    EXPECT_EQ(split.marginal_kl, split.rate - split.mutual_information);
}

TEST(RateSplit, EqualPosteriorsTellNothing) {
    const std::vector<float> heads(8 * 5, 0.5f), z = std::vector<float>(4 * 5, 0.3f);
    EXPECT_NEAR(split_rate(heads, z, 4, 2).mutual_information, 0, 1e-12);
}

/// The same by the definition, pair by pair.
double information_by_definition(const std::vector<float>& heads, const std::vector<float>& z, std::size_t latent) {
    const std::size_t images = z.size() / latent;
    const auto log_density = [&](std::size_t sample, std::size_t image) {
        long double sum = 0;
        for (std::size_t l = 0; l < latent; ++l) {
            const long double log_variance = heads[image * 2 * latent + latent + l];
            const long double distance =
                z[sample * latent + l] - static_cast<long double>(heads[image * 2 * latent + l]);
            sum -= 0.5L * (distance * distance / std::exp(log_variance) + log_variance +
                           std::log(2 * std::numbers::pi_v<long double>));
        }
        return sum;
    };
    long double total = 0;
    for (std::size_t i = 0; i < images; ++i) {
        long double mean = 0;
        for (std::size_t j = 0; j < images; ++j) mean += std::exp(log_density(i, j)) / static_cast<long double>(images);
        total += (log_density(i, i) - std::log(mean)) / static_cast<long double>(images);
    }
    return static_cast<double>(total);
}

TEST(RateSplit, IsTheDefinitionForAnyNumberOfThreads) {
    constexpr std::size_t kLatent = 3, kImages = 700;  // more than one block of either kind
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> heads, z;
    for (std::size_t n = 0; n < kImages; ++n) {
        float mu[kLatent], log_variance[kLatent];
        for (std::size_t l = 0; l < kLatent; ++l) mu[l] = normal(random), log_variance[l] = -1 + 0.5f * normal(random);
        heads.insert(heads.end(), mu, mu + kLatent);
        heads.insert(heads.end(), log_variance, log_variance + kLatent);
        for (std::size_t l = 0; l < kLatent; ++l) z.push_back(mu[l] + std::exp(log_variance[l] / 2) * normal(random));
    }
    const RateSplit split = split_rate(heads, z, kLatent, 1);
    EXPECT_NEAR(split.mutual_information, information_by_definition(heads, z, kLatent), 1e-10);
    for (const int threads : {2, 3})
        EXPECT_EQ(split_rate(heads, z, kLatent, threads).mutual_information, split.mutual_information) << threads;
}

TEST(LatentCodes, WrongSizesAreRefused) {
    tests::expect_usage_error([] { latent_units(std::vector<float>(6), 2); }, {"2 x 2", "6 numbers"});
    tests::expect_usage_error([] { latent_units({}, 2); }, {"0 numbers"});
    tests::expect_usage_error([] { latent_units(kHeads, 0); }, {"2 x 0"});
    tests::expect_usage_error([] { split_rate(kHeads, std::vector<float>(5), 2, 1); }, {"2 numbers", "3 images", "5"});
}

}  // namespace
}  // namespace sinter
