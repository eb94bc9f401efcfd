// The kernel distance against the sums of its definition, and the subsets that it is computed on.
#include "core/statistics/kernel_distance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/statistics/moments.h"
#include "tests/common/errors.h"
#include "tests/core/statistics/every_device.h"
#include "tests/core/statistics/random_vectors.h"

namespace sinter {
namespace {

using tests::expect_usage_error;
using tests::random_vectors;
using Subset = std::vector<Index>;

double kernel(const std::vector<float>& a, Index i, const std::vector<float>& b, Index j, Index size) {
    double product = 0;
    for (Index d = 0; d < size; ++d) {
        product += static_cast<double>(a[static_cast<std::size_t>(i * size + d)]) *
                   static_cast<double>(b[static_cast<std::size_t>(j * size + d)]);
    }
    return std::pow(product / static_cast<double>(size) + 1, 3);
}

/// The distance by its definition.
double by_definition(const std::vector<float>& a, const Subset& subset_a, const std::vector<float>& b,
                     const Subset& subset_b, Index size) {
    const std::size_t m = subset_a.size();
    double within = 0, between = 0;
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < m; ++j) {
            if (i != j) {
                within += kernel(a, subset_a[i], a, subset_a[j], size);
                within += kernel(b, subset_b[i], b, subset_b[j], size);
            }
            between += kernel(a, subset_a[i], b, subset_b[j], size);
        }
    }
    const double count = static_cast<double>(m);
    return within / (count * (count - 1)) - 2 * between / (count * count);
}

Subset all_of(Index count) {
    Subset all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), Index{0});
    return all;
}

TEST(KernelDistance, IsThatOfItsDefinition) {
    for (const Index size : {1, 8, 33}) {
        const std::vector<float> a = random_vectors(50, size, 1);
        std::vector<float> b = random_vectors(40, size, 2);
        for (float& value : b) value = 2 * value + 0.5F;
        const Subset some_a{3, 49, 0, 17, 18, 20, 11}, some_b{39, 1, 2, 30, 4, 0, 7};
        EXPECT_NEAR(kernel_distance(a, some_a, b, some_b, size, Device::cpu()),
                    by_definition(a, some_a, b, some_b, size), 1e-13);
    }
}

TEST(KernelDistance, OfASetFromItselfIsBelowZeroAsTheEstimatorIsUnbiased) {
    // k(1, 1) = 8, k(2, 2) = 125, k(1, 2) = 27: 2 (27 + 27) / 2 - 2 (8 + 125 + 27 + 27) / 4.
    const std::vector<float> two{1, 2};
    EXPECT_DOUBLE_EQ(kernel_distance(two, Subset{0, 1}, two, Subset{0, 1}, 1, Device::cpu()), 54 - 93.5);

    const Index count = 30, size = 6;
    const std::vector<float> vectors = random_vectors(count, size, 3);
    double all = 0, of_same = 0;
    for (Index i = 0; i < count; ++i) {
        of_same += kernel(vectors, i, vectors, i, size);
        for (Index j = 0; j < count; ++j) all += kernel(vectors, i, vectors, j, size);
    }
    const Subset whole = all_of(count);
    EXPECT_NEAR(kernel_distance(vectors, whole, vectors, whole, size, Device::cpu()),
                2 * (all - of_same) / (count * (count - 1)) - 2 * all / (count * count), 1e-13);
}

TEST(KernelDistance, IsTheMeanAndTheDeviationOverTheSubsets) {
    const Index size = 5;
    const std::vector<float> a = random_vectors(60, size, 4), b = random_vectors(45, size, 5);
    const KernelDistanceOptions options{.subsets = 7, .subset_size = 20, .seed = 9};
    const Subset of_a = draw_subsets(60, 0, options), of_b = draw_subsets(45, 1, options);
    std::vector<double> distances;
    for (Index s = 0; s < 7; ++s) {
        distances.push_back(by_definition(a, Subset(of_a.begin() + s * 20, of_a.begin() + (s + 1) * 20), b,
                                          Subset(of_b.begin() + s * 20, of_b.begin() + (s + 1) * 20), size));
    }
    const KernelDistance found = kernel_distance(a, b, size, Device::cpu(), options);
    EXPECT_NEAR(found.mean, mean_of(distances), 1e-13);
    EXPECT_NEAR(found.deviation, deviation_of(distances), 1e-13);
    EXPECT_GT(found.deviation, 1e-3);
}

TEST(KernelDistance, HasTheSameBitsForAnyNumberOfThreadsAndOnTheReference) {
    const Index size = 9;
    const std::vector<float> a = random_vectors(700, size, 6), b = random_vectors(600, size, 7);
    tests::expect_same_everywhere([&](Device device) {
        const KernelDistance found = kernel_distance(a, b, size, device, {.subsets = 3, .subset_size = 550, .seed = 1});
        return std::pair{found.mean, found.deviation};
    });
}

TEST(KernelDistance, RefusesSubsetsThatCannotBeDrawnOrCompared) {
    const std::vector<float> a = random_vectors(10, 2, 8), b = random_vectors(8, 2, 9);
    const auto with_size = [&](Index size) {
        return [&, size] { kernel_distance(a, b, 2, Device::cpu(), {.subsets = 2, .subset_size = size, .seed = 1}); };
    };
    EXPECT_NO_THROW(with_size(8)());
    expect_usage_error(with_size(9), {"[kernel distance]", "2 to 8 vectors", "got 9"});
    expect_usage_error(with_size(1), {"[kernel distance]", "2 to 10 vectors", "got 1"});
    expect_usage_error(
        [&] {
            kernel_distance(a, Subset{1, 2, 3}, b, Subset{1, 2}, 2, Device::cpu());
        },
        {"two subsets of one size", "3 and 2"});
    expect_usage_error([&] { kernel_distance(a, Subset{1}, b, Subset{1}, 2, Device::cpu()); },
                       {"at least 2", "1 and 1"});
}

TEST(Subsets, HaveTheirSizeAndNoVectorTwice) {
    // Small sets are shuffled, large ones have a permutation that is computed.
    for (const Index count : {25, 5000}) {
        const KernelDistanceOptions options{.subsets = 6, .subset_size = 20, .seed = 3};
        const Subset subsets = draw_subsets(count, 0, options);
        ASSERT_EQ(subsets.size(), 120u);
        std::set<std::set<Index>> different;
        for (auto first = subsets.begin(); first != subsets.end(); first += 20) {
            const std::set<Index> one(first, first + 20);
            EXPECT_EQ(one.size(), 20u) << "a vector was drawn twice";
            EXPECT_GE(*one.begin(), 0);
            EXPECT_LT(*one.rbegin(), count);
            different.insert(one);
        }
        EXPECT_EQ(different.size(), 6u) << "subsets are equal";
    }
}

TEST(Subsets, AreAllOfTheSetWhereTheyAreAsLarge) {
    for (const Index count : {2, 37, 4097}) {
        Subset subset = draw_subsets(count, 1, {.subsets = 1, .subset_size = count, .seed = 4});
        std::sort(subset.begin(), subset.end());
        EXPECT_EQ(subset, all_of(count));
    }
}

TEST(Subsets, DependOnSeedSideAndPlaceAlone) {
    const KernelDistanceOptions options{.subsets = 4, .subset_size = 30, .seed = 5};
    const Subset subsets = draw_subsets(100, 0, options);
    EXPECT_EQ(draw_subsets(100, 0, options), subsets);
    EXPECT_NE(draw_subsets(100, 1, options), subsets);
    KernelDistanceOptions other = options;
    other.seed = 6;
    EXPECT_NE(draw_subsets(100, 0, other), subsets);
    // More subsets, or larger ones, do not change those that were there.
    other = options;
    other.subsets = 9;
    const Subset more = draw_subsets(100, 0, other);
    EXPECT_EQ(Subset(more.begin(), more.begin() + 120), subsets);
    other.subset_size = 50;
    const Subset larger = draw_subsets(100, 0, other);
    EXPECT_EQ(Subset(larger.begin() + 50, larger.begin() + 80), Subset(subsets.begin() + 30, subsets.begin() + 60));
}

}  // namespace
}  // namespace sinter
