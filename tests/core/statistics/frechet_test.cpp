// The Frechet distance against numpy (tests/fixtures/frechet.safetensors) and closed forms, the statistics under it,
// and its error.
#include "core/statistics/frechet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "core/statistics/random_order.h"
#include "tests/common/errors.h"
#include "tests/common/fixtures.h"
#include "tests/core/statistics/random_vectors.h"

namespace sinter {
namespace {

using tests::entry_values;
using tests::expect_usage_error;
using tests::random_vectors;

FeatureStatistics diagonal(std::vector<double> mean, const std::vector<double>& variances) {
    FeatureStatistics statistics;
    statistics.count = 100;
    statistics.size = static_cast<Index>(mean.size());
    statistics.mean = std::move(mean);
    statistics.covariance.assign(variances.size() * variances.size(), 0);
    for (std::size_t i = 0; i < variances.size(); ++i) statistics.covariance[i * variances.size() + i] = variances[i];
    return statistics;
}

FeatureStatistics random_statistics(Index count, Index size, unsigned seed) {
    return feature_statistics(random_vectors(count, size, seed), size);
}

TEST(FeatureStatistics, AreMeanAndUnbiasedCovariance) {
    const FeatureStatistics statistics = feature_statistics(std::vector<float>{1, 10, 2, 30, 6, 20}, 2);
    EXPECT_EQ(statistics.count, 3);
    EXPECT_EQ(statistics.mean, (std::vector<double>{3, 20}));
    EXPECT_EQ(statistics.covariance, (std::vector<double>{7, 5, 5, 100}));
}

TEST(FeatureStatistics, DoNotLoseASmallSpreadBesideALargeMean) {
    const FeatureStatistics statistics = feature_statistics(std::vector<float>{1000000, 1000001, 1000002}, 1);
    EXPECT_EQ(statistics.covariance, std::vector<double>{1});
}

TEST(FeatureStatistics, NeedTwoWholeVectors) {
    expect_usage_error([] { feature_statistics(std::vector<float>{1, 2}, 2); }, {"at least two vectors", "1"});
    expect_usage_error([] { feature_statistics(std::vector<float>{1, 2, 3}, 2); }, {"vectors of 2 features", "3"});
    expect_usage_error([] { feature_statistics(std::vector<float>{}, 0); }, {"0 features"});
}

/// Vectors [first, first + count) of those of `size` numbers.
std::span<const float> slice(const std::vector<float>& vectors, Index size, Index first, Index count) {
    return std::span(vectors).subspan(static_cast<std::size_t>(first * size), static_cast<std::size_t>(count * size));
}

void expect_equal_statistics(const FeatureStatistics& actual, const FeatureStatistics& expected, double tolerance) {
    EXPECT_EQ(actual.count, expected.count);
    EXPECT_EQ(actual.size, expected.size);
    tests::expect_close(actual.mean, expected.mean, tolerance, 0, "mean");
    tests::expect_close(actual.covariance, expected.covariance, tolerance, 0, "covariance");
}

TEST(FeatureStatistics, OfPartsMergeIntoThoseOfTheWhole) {
    const Index size = 5;
    const std::vector<float> vectors = random_vectors(50, size, 7);
    const FeatureStatistics whole = feature_statistics(vectors, size);
    // Counts of 2, the fewest that have a covariance, among them.
    for (const Index first : {2, 17, 48}) {
        const FeatureStatistics a = feature_statistics(slice(vectors, size, 0, first), size);
        const FeatureStatistics b = feature_statistics(slice(vectors, size, first, 50 - first), size);
        expect_equal_statistics(merge(a, b), whole, 1e-15);
        expect_equal_statistics(merge(b, a), whole, 1e-15);
    }
    FeatureStatistics all = feature_statistics(slice(vectors, size, 0, 2), size);
    for (Index first = 2; first < 50; first += 2)
        all = merge(all, feature_statistics(slice(vectors, size, first, 2), size));
    expect_equal_statistics(all, whole, 1e-15);
}

TEST(FeatureStatistics, MergeWithoutLosingASmallSpreadBesideALargeMean) {
    const FeatureStatistics a = feature_statistics(std::vector<float>{1000000, 1000002}, 1);
    const FeatureStatistics b = feature_statistics(std::vector<float>{1000004, 1000006}, 1);
    const FeatureStatistics all = merge(a, b);
    EXPECT_EQ(all.mean, std::vector<double>{1000003});
    EXPECT_NEAR(all.covariance[0], 20.0 / 3, 1e-14);  // (9 + 1 + 1 + 9) / 3
    expect_usage_error([&] { merge(a, random_statistics(3, 2, 1)); }, {"[feature_statistics]", "one size", "1 and 2"});
}

TEST(FrechetDistance, OfDiagonalCovariancesIsTheSumOverTheFeatures) {
    // Of one feature it is (mu_a - mu_b)^2 + (sigma_a - sigma_b)^2.
    const FeatureStatistics a = diagonal({0, 1, -2}, {1, 4, 0}), b = diagonal({3, 1, -2}, {9, 0.25, 2});
    EXPECT_NEAR(frechet_distance(a, b), (9 + 4) + 2.25 + 2, 1e-13);
    EXPECT_NEAR(frechet_distance(b, a), (9 + 4) + 2.25 + 2, 1e-13);
    // Nothing but the means differs.
    EXPECT_NEAR(frechet_distance(a, diagonal({0, 5, -2}, {1, 4, 0})), 16, 1e-13);
}

TEST(FrechetDistance, OfASetFromItselfIsZero) {
    const FeatureStatistics full = random_statistics(200, 30, 1), deficient = random_statistics(10, 30, 2);
    EXPECT_NEAR(frechet_distance(full, full), 0, 1e-12);
    EXPECT_NEAR(frechet_distance(deficient, deficient), 0, 1e-12);
    const FeatureStatistics constant = diagonal({1, 2}, {0, 0});
    EXPECT_EQ(frechet_distance(constant, constant), 0);
}

TEST(FrechetDistance, IsNeverNegative) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        const FeatureStatistics statistics = random_statistics(20, 10, seed);
        const double distance = frechet_distance(statistics, statistics);
        EXPECT_FALSE(std::signbit(distance)) << distance << " for seed " << seed;
    }
    EXPECT_TRUE(std::isnan(frechet_distance(diagonal({std::nan("")}, {1}), diagonal({0}, {1}))));
}

TEST(FrechetDistance, OfAMovedSetIsTheSquareOfTheWay) {
    const std::vector<float> here = random_vectors(50, 4, 3);
    std::vector<float> there = here;
    for (std::size_t i = 0; i < there.size(); i += 4) there[i] += 3, there[i + 2] -= 4;
    // The numbers moved by 3 and 4 are floats, whose last digit is 2^-22 there.
    EXPECT_NEAR(frechet_distance(feature_statistics(here, 4), feature_statistics(there, 4)), 25, 1e-5);
}

TEST(FrechetDistance, DoesNotDependOnTheOrderOfTheSetsOrOfTheFeatures) {
    const FeatureStatistics a = random_statistics(40, 12, 4), b = random_statistics(8, 12, 5);
    const double distance = frechet_distance(a, b);
    EXPECT_GT(distance, 0.1);
    EXPECT_NEAR(frechet_distance(b, a), distance, 1e-12);
    const auto reversed = [](FeatureStatistics statistics) {
        std::reverse(statistics.mean.begin(), statistics.mean.end());
        std::reverse(statistics.covariance.begin(), statistics.covariance.end());
        return statistics;
    };
    EXPECT_NEAR(frechet_distance(reversed(a), reversed(b)), distance, 1e-12);
}

TEST(FrechetDistance, AgreesWithNumpy) {
    const SafetensorsFile file = tests::open_fixture("frechet.safetensors");
    for (const std::string name : {"small", "deficient", "large"}) {
        const Index size = file.at(name + ".a").shape.at(1);
        const FeatureStatistics a = feature_statistics(entry_values<float>(file.at(name + ".a")), size);
        const FeatureStatistics b = feature_statistics(entry_values<float>(file.at(name + ".b")), size);
        const double expected = tests::fixture_values(file, name + ".distance").at(0);
        // Both are right to some 1e-15 of the traces, which are a few units.
        EXPECT_NEAR(frechet_distance(a, b), expected, 1e-12) << name;
    }
}

TEST(FrechetDistance, RefusesFeaturesOfDifferentSize) {
    expect_usage_error(
        [] {
            frechet_distance(diagonal({0}, {1}), diagonal({0, 0}, {1, 1}));
        },
        {"[frechet_distance]", "one size", "1 and 2"});
}

constexpr std::uint64_t kSeed = 3;

/// All vectors but one tenth of them in the order that the seed draws.
std::vector<float> without_tenth(const std::vector<float>& vectors, Index size, Index tenth) {
    const Index count = static_cast<Index>(vectors.size()) / size;
    const std::vector<Index> order = random_order(count, kSeed);
    std::vector<float> left;
    for (Index place = 0; place < count; ++place) {
        if (place >= tenth * count / 10 && place < (tenth + 1) * count / 10) continue;
        const auto first = vectors.begin() + order[static_cast<std::size_t>(place)] * size;
        left.insert(left.end(), first, first + size);
    }
    return left;
}

TEST(FrechetDistance, HasTheErrorOfTheJackknifeThatLeavesOutTenths) {
    const Index size = 6;
    // Counts that ten does not divide, and the fewest that have an error.
    for (const auto& [count_a, count_b] : {std::pair<Index, Index>{53, 41}, {20, 20}, {20, 77}}) {
        const std::vector<float> a = random_vectors(count_a, size, 11), b = random_vectors(count_b, size, 12);
        std::vector<double> without;
        for (Index tenth = 0; tenth < 10; ++tenth) {
            without.push_back(frechet_distance(feature_statistics(without_tenth(a, size, tenth), size),
                                               feature_statistics(without_tenth(b, size, tenth), size)));
        }
        double mean = 0, squares = 0;
        for (const double distance : without) mean += distance / 10;
        for (const double distance : without) squares += (distance - mean) * (distance - mean);
        const FrechetDistance found = frechet_distance(a, b, size, kSeed);
        EXPECT_NEAR(found.distance, frechet_distance(feature_statistics(a, size), feature_statistics(b, size)), 1e-13);
        // By eigenvalues, which know half of the digits of a singular value.
        EXPECT_NEAR(found.error, std::sqrt(squares * 9 / 10), 1e-7);
        EXPECT_GT(found.error, 0.001);
    }
}

// Images come sorted, or their classes in turn: tenths by place would be the ten classes.
TEST(FrechetDistance, ItsErrorDoesNotDependOnTheOrderOfClasses) {
    constexpr Index kImages = 400;
    const std::vector<float> noise = random_vectors(kImages, 2, 20), other = random_vectors(kImages, 2, 21);
    // A tenth of the images lies far away: those at the places that `is_far` names.
    const auto error_where = [&](const auto& is_far) {
        std::vector<float> vectors = noise;
        for (Index i = 0; i < kImages; ++i)
            if (is_far(i)) vectors[static_cast<std::size_t>(2 * i)] += 20;
        return frechet_distance(vectors, other, 2, kSeed).error;
    };
    const std::vector<Index> order = random_order(kImages, 77);
    const double shuffled = error_where([&](Index i) { return order[static_cast<std::size_t>(i)] < kImages / 10; });
    const double in_turn = error_where([](Index i) { return i % 10 == 0; });
    const double sorted = error_where([](Index i) { return i < kImages / 10; });
    for (const double error : {in_turn, sorted}) {
        EXPECT_LT(error, 3 * shuffled);
        EXPECT_GT(error, shuffled / 3);
    }
}

TEST(FrechetDistance, OfFewerThanTwentyVectorsHasNoError) {
    const std::vector<float> few = random_vectors(19, 3, 13), enough = random_vectors(20, 3, 14);
    for (const auto& [a, b] : {std::pair{few, enough}, {enough, few}}) {
        const FrechetDistance found = frechet_distance(a, b, 3, kSeed);
        EXPECT_EQ(found.distance, frechet_distance(feature_statistics(a, 3), feature_statistics(b, 3)));
        EXPECT_TRUE(std::isnan(found.error));
    }
    EXPECT_FALSE(std::isnan(frechet_distance(enough, enough, 3, kSeed).error));
}

TEST(FrechetDistance, OfNumbersThatAreNoVectorsIsRefused) {
    const std::vector<float> vectors(60);
    expect_usage_error([&] { frechet_distance(vectors, vectors, 0, kSeed); }, {"vectors of 0 features", "60"});
    expect_usage_error([&] { frechet_distance(vectors, std::vector<float>(61), 2, kSeed); },
                       {"vectors of 2 features", "61"});
    expect_usage_error([&] { frechet_distance(vectors, std::vector<float>(2), 2, kSeed); },
                       {"at least two vectors", "1"});
}

}  // namespace
}  // namespace sinter
