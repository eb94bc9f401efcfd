// Squared distances of all pairs: right, exactly 0 for equal points, each pair once, and the same bits everywhere.
#include "core/statistics/pair_distances.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "tests/common/errors.h"
#include "tests/core/statistics/every_device.h"
#include "tests/core/statistics/random_vectors.h"

namespace sinter {
namespace {

using tests::expect_usage_error;
using tests::random_vectors;

// One more than a block of for_each_distance() has of them.
constexpr Index kManyRows = 513, kManyColumns = 8193;

/// All of them, [count of a, count of b].
std::vector<double> all_distances(const std::vector<float>& a, const std::vector<float>& b, Index size, Device device) {
    const PointSet points_a(a, size, device), points_b(b, size, device);
    std::vector<double> all(static_cast<std::size_t>(points_a.count() * points_b.count()), -1);
    for_each_distance(points_a, points_b, [&](Index i, Index first, std::span<const double> distances) {
        std::copy(distances.begin(), distances.end(), all.begin() + i * points_b.count() + first);
    });
    return all;
}

TEST(PairDistances, AreTheSumsOfSquaredDifferences) {
    for (const Index size : {1, 3, 17, 128}) {
        const Index count_a = 13, count_b = 21;
        const std::vector<float> a = random_vectors(count_a, size, 1), b = random_vectors(count_b, size, 2);
        const std::vector<double> found = all_distances(a, b, size, Device::cpu());
        // |a|^2 + |b|^2 - 2 a b: three sums of `size` numbers below 1/4, and what rounding makes of each.
        const double tolerance = static_cast<double>(size * size) * 0x1p-52;
        for (Index i = 0; i < count_a; ++i) {
            for (Index j = 0; j < count_b; ++j) {
                EXPECT_NEAR(found[static_cast<std::size_t>(i * count_b + j)],
                            tests::squared_difference(a, i, b, j, size), tolerance)
                    << size << ": " << i << ", " << j;
            }
        }
    }
}

TEST(PairDistances, OfEqualPointsAreExactlyZero) {
    // Far from the origin beside their distances, where a sum in another order would leave a trace of rounding.
    const Index size = 67, count = 40;
    std::vector<float> points = random_vectors(count, size, 3);
    for (float& value : points) value = 1000.0F + value / 3;
    for (const Device device : {Device::cpu(), Device::reference()}) {
        const std::vector<double> found = all_distances(points, points, size, device);
        for (Index i = 0; i < count; ++i) {
            for (Index j = 0; j < count; ++j) {
                const double distance = found[static_cast<std::size_t>(i * count + j)];
                if (i == j)
                    EXPECT_EQ(distance, 0) << i;
                else
                    EXPECT_GT(distance, 0.01) << i << ", " << j;
            }
        }
    }
}

TEST(PairDistances, AreNeverNegative) {
    // Points that differ in the last digit of some numbers near 1000, which are random, so that their squares take all
    // digits: distances of some 1e-8 beside lengths of 5e7, where |a|^2 + |b|^2 - 2 a b is off by as much either way.
    const Index size = 50, count = 60;
    const std::vector<float> away = random_vectors(count, size, 9), base = random_vectors(1, size, 10);
    std::vector<float> points;
    for (std::size_t i = 0; i < away.size(); ++i) {
        const float value = 1000.0F + 100 * base[i % static_cast<std::size_t>(size)];
        points.push_back(away[i] > 0.4F ? std::nextafter(value, 2000.0F) : value);
    }
    Index apart = 0, found_zero = 0;
    const std::vector<double> found = all_distances(points, points, size, Device::cpu());
    for (Index i = 0; i < count; ++i) {
        for (Index j = 0; j < count; ++j) {
            const double distance = found[static_cast<std::size_t>(i * count + j)];
            EXPECT_GE(distance, 0);
            if (tests::squared_difference(points, i, points, j, size) == 0) continue;
            ++apart;
            found_zero += distance == 0;
        }
    }
    EXPECT_GT(found_zero, apart / 20) << "rounding no longer leaves less than nothing: the test shows nothing";
}

TEST(PairDistances, VisitEachPairOnceInTheOrderOfBlocks) {
    const PointSet a(random_vectors(kManyRows, 1, 4), 1, Device::cpu());
    const PointSet b(random_vectors(kManyColumns, 1, 5), 1, Device::cpu());
    std::vector<Index> next(kManyRows, 0), blocks(kManyRows, 0);
    std::atomic<bool> in_order = true;
    for_each_distance(a, b, [&](Index i, Index first, std::span<const double> distances) {
        Index& expected = next[static_cast<std::size_t>(i)];
        if (first != expected) in_order = false;
        expected += static_cast<Index>(distances.size());
        ++blocks[static_cast<std::size_t>(i)];
    });
    EXPECT_TRUE(in_order);
    EXPECT_EQ(next, std::vector<Index>(kManyRows, kManyColumns));
    EXPECT_EQ(blocks, std::vector<Index>(kManyRows, 2)) << "the test no longer has more columns than a block";
}

TEST(PairDistances, HaveTheSameBitsForAnyNumberOfThreadsAndOnTheReference) {
    const std::vector<float> a = random_vectors(kManyRows, 3, 6), b = random_vectors(kManyColumns, 3, 7);
    const std::vector<double> found =
        tests::expect_same_everywhere([&](Device device) { return all_distances(a, b, 3, device); });
    // The last row of the last block and the last column of it.
    EXPECT_NEAR(found.back(), tests::squared_difference(a, kManyRows - 1, b, kManyColumns - 1, 3), 1e-15);
}

TEST(PairDistances, OfNoPointsAreNone) {
    int visits = 0;
    const PointSet none({}, 3, Device::cpu()), some(random_vectors(4, 3, 8), 3, Device::cpu());
    for_each_distance(none, some, [&](Index, Index, std::span<const double>) { ++visits; });
    for_each_distance(some, none, [&](Index, Index, std::span<const double>) { ++visits; });
    EXPECT_EQ(visits, 0);
}

TEST(ScalarProducts, AreThoseOfAPartOfThePoints) {
    const PointSet a(std::vector<float>{9, 9, 1, 2, 3, 4, 9, 9}, 2, Device::cpu());
    const PointSet b(std::vector<float>{5, 6, 7, 8, 9, 9}, 2, Device::cpu());
    std::vector<double> products(100);
    scalar_products(products, a, 1, 2, b, 0, 2);
    EXPECT_EQ(products, (std::vector<double>{17, 23, 39, 53}));
    scalar_products(products, a, 1, 0, b, 0, 2);
    EXPECT_TRUE(products.empty());
}

TEST(PairDistances, RefuseVectorsThatDoNotFit) {
    const PointSet of_two({std::vector<float>(6)}, 2, Device::cpu()),
        of_three({std::vector<float>(6)}, 3, Device::cpu());
    const PointSet elsewhere({std::vector<float>(6)}, 2, Device::reference());
    const auto measure = [](const PointSet& a, const PointSet& b) {
        for_each_distance(a, b, [](Index, Index, std::span<const double>) {});
    };
    expect_usage_error([&] { measure(of_two, of_three); }, {"[distances]", "one size", "2 and 3"});
    expect_usage_error([&] { measure(of_two, elsewhere); }, {"[distances]", "one device", "cpu and reference"});
    expect_usage_error([] { PointSet(std::vector<float>(7), 2, Device::cpu()); }, {"vectors of 2 numbers", "7"});
    expect_usage_error([] { PointSet(std::vector<float>(7), 0, Device::cpu()); }, {"vectors of 0 numbers"});
}

}  // namespace
}  // namespace sinter
