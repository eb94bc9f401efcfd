// The Frechet distance against numpy (tests/fixtures/frechet.safetensors) and closed forms, and the rotations under it.
#include "core/statistics/frechet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/statistics/jacobi.h"
#include "tests/common/errors.h"
#include "tests/common/fixtures.h"

namespace sinter {
namespace {

using tests::entry_values;
using tests::expect_usage_error;

std::vector<double> random_matrix(Index rows, Index columns, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<double> values(static_cast<std::size_t>(rows * columns));
    // Not one of the library's distributions, whose numbers differ from machine to machine.
    for (double& value : values) value = static_cast<double>(random()) / 4294967296.0 - 0.5;
    return values;
}

double dot(const std::vector<double>& matrix, Index size, Index p, Index q) {
    double sum = 0;
    for (Index i = 0; i < size; ++i) sum += matrix[p * size + i] * matrix[q * size + i];
    return sum;
}

/// The lengths of the rows, largest first.
std::vector<double> sorted_lengths(const std::vector<double>& matrix, Index size) {
    std::vector<double> lengths;
    for (Index i = 0; i < size; ++i) lengths.push_back(std::sqrt(dot(matrix, size, i, i)));
    std::sort(lengths.rbegin(), lengths.rend());
    return lengths;
}

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
    const std::vector<double> values = random_matrix(count, size, seed);
    return feature_statistics(std::vector<float>(values.begin(), values.end()), size);
}

TEST(Jacobi, LeavesOrthogonalRowsWhoseLengthsAreTheSingularValues) {
    // [[3, 0], [4, 5]]: the sum of the squared singular values is 50, their product the determinant 15.
    std::vector<double> two = {3, 0, 4, 5};
    orthogonalise_rows(two, 2);
    EXPECT_NEAR(sorted_lengths(two, 2)[0], std::sqrt(45), 1e-14);
    EXPECT_NEAR(sorted_lengths(two, 2)[1], std::sqrt(5), 1e-14);

    for (const Index size : {1, 3, 20, 65}) {
        const std::vector<double> before = random_matrix(size, size, static_cast<unsigned>(size));
        std::vector<double> after = before;
        orthogonalise_rows(after, size);
        for (Index p = 0; p < size; ++p) {
            for (Index q = 0; q < p; ++q) {
                const double lengths = std::sqrt(dot(after, size, p, p) * dot(after, size, q, q));
                EXPECT_LE(std::abs(dot(after, size, p, q)), 1e-13 * lengths) << size << ": rows " << p << ", " << q;
            }
        }
        // Rotations among the rows leave M^T M as it was.
        for (Index i = 0; i < size; ++i) {
            for (Index j = 0; j < size; ++j) {
                double expected = 0, sum = 0;
                for (Index row = 0; row < size; ++row) {
                    expected += before[row * size + i] * before[row * size + j];
                    sum += after[row * size + i] * after[row * size + j];
                }
                EXPECT_NEAR(sum, expected, 1e-13 * static_cast<double>(size));
            }
        }
    }
}

TEST(Jacobi, FindsTheSpectrumOfTheSecondDifference) {
    // 2 on the diagonal and -1 beside it: eigenvalues 2 - 2 cos(pi k / (n + 1)).
    constexpr Index kSize = 40;
    std::vector<double> matrix(kSize * kSize);
    for (Index i = 0; i < kSize; ++i) {
        matrix[i * kSize + i] = 2;
        if (i > 0) matrix[i * kSize + i - 1] = matrix[(i - 1) * kSize + i] = -1;
    }
    orthogonalise_rows(matrix, kSize);
    const std::vector<double> eigenvalues = sorted_lengths(matrix, kSize);
    for (Index k = 1; k <= kSize; ++k) {
        const double expected = 2 - 2 * std::cos(std::acos(-1.0) * static_cast<double>(k) / (kSize + 1));
        EXPECT_NEAR(eigenvalues[kSize - k], expected, 1e-13);
    }
}

TEST(Jacobi, TakesMatricesOfZerosAndOfDependentRows) {
    std::vector<double> zeros(9, 0);
    orthogonalise_rows(zeros, 3);
    EXPECT_EQ(zeros, std::vector<double>(9, 0));
    std::vector<double> ones(16, 1);  // of rank 1
    orthogonalise_rows(ones, 4);
    const std::vector<double> lengths = sorted_lengths(ones, 4);
    EXPECT_NEAR(lengths[0], 4, 1e-14);
    EXPECT_NEAR(lengths[1], 0, 1e-14);
    std::vector<double> five(5);
    expect_usage_error([&] { orthogonalise_rows(five, 2); }, {"[jacobi]", "2 x 2", "5"});
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
    const std::vector<double> values = random_matrix(50, 4, 3);
    std::vector<float> here(values.begin(), values.end()), there = here;
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

}  // namespace
}  // namespace sinter
