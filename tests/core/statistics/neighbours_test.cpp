// Nearest neighbours: ties, duplicates, more points than a block of distances has, and the same bits everywhere.
#include "core/statistics/neighbours.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/common/errors.h"
#include "tests/core/statistics/every_device.h"
#include "tests/core/statistics/random_vectors.h"

namespace sinter {
namespace {

using tests::expect_usage_error;
using tests::random_vectors;

PointSet points_of(const std::vector<float>& values, Index size = 1, Device device = Device::cpu()) {
    return {values, size, device};
}

/// The whole numbers below `count` in another order: `step` and `count` have no common divisor.
std::vector<float> shuffled_line(Index count, Index step) {
    std::vector<float> line;
    for (Index i = 0; i < count; ++i) line.push_back(static_cast<float>(i * step % count));
    return line;
}

TEST(NearestNeighbours, AreTheFirstOfThoseThatAreEquallyNear) {
    const std::vector<Neighbour> found = nearest_neighbours(points_of({2, 5, 7.5F}), points_of({9, 3, 1, 3, 6, 9}));
    EXPECT_EQ(found[0].index, 1);  // 3 and 1 are as near
    EXPECT_EQ(found[0].squared_distance, 1);
    EXPECT_EQ(found[1].index, 4);
    EXPECT_EQ(found[1].squared_distance, 1);
    EXPECT_EQ(found[2].index, 0);  // 9 twice and 6
    EXPECT_EQ(found[2].squared_distance, 2.25);
}

TEST(NearestNeighbours, AreFoundInEveryBlockOfPointsAndOfQueries) {
    // 9000 is more than the 8192 columns of a block, 600 more than its 512 rows.
    const Index count = 9000, queries = 600;
    std::vector<float> points = shuffled_line(count, 7919), asked;
    for (Index i = 0; i < queries; ++i) asked.push_back(static_cast<float>(i * 15) + 0.25F);
    points[8999] = points[100];  // a tie between blocks
    asked[0] = points[100] - 0.25F;
    const std::vector<Neighbour> found = nearest_neighbours(points_of(asked), points_of(points));
    EXPECT_EQ(found[0].index, 100);
    Index in_second_block = 0;
    for (Index i = 1; i < queries; ++i) {
        const Neighbour& nearest = found[static_cast<std::size_t>(i)];
        const auto expected = std::find(points.begin(), points.end(), static_cast<float>(i * 15));
        if (expected == points.end()) continue;  // the one that was overwritten
        EXPECT_EQ(nearest.index, expected - points.begin()) << i;
        EXPECT_EQ(nearest.squared_distance, 0.0625) << i;
        in_second_block += nearest.index >= 8192;
    }
    EXPECT_GT(in_second_block, 10);
}

TEST(NearestNeighbours, HaveTheSameBitsForAnyNumberOfThreadsAndOnTheReference) {
    const Index size = 7;
    const std::vector<float> queries = random_vectors(520, size, 1), points = random_vectors(700, size, 2);
    const auto found = tests::expect_same_everywhere([&](Device device) {
        std::vector<std::pair<Index, double>> all;
        for (const Neighbour& nearest : nearest_neighbours({queries, size, device}, {points, size, device}))
            all.emplace_back(nearest.index, nearest.squared_distance);
        return all;
    });
    for (Index i = 0; i < 520; ++i) {
        double least = 1e9;
        for (Index j = 0; j < 700; ++j) least = std::min(least, tests::squared_difference(queries, i, points, j, size));
        EXPECT_NEAR(found[static_cast<std::size_t>(i)].second, least, 1e-14);
    }
}

TEST(NeighbourDistances, CountDuplicatesButNotThePointItself) {
    const PointSet points = points_of({0, 0, 0, 5, 7});
    EXPECT_EQ(neighbour_distances(points, 1), (std::vector<double>{0, 0, 0, 4, 4}));
    EXPECT_EQ(neighbour_distances(points, 2), (std::vector<double>{0, 0, 0, 25, 49}));
    EXPECT_EQ(neighbour_distances(points, 3), (std::vector<double>{25, 25, 25, 25, 49}));
    EXPECT_EQ(neighbour_distances(points, 4), (std::vector<double>{49, 49, 49, 25, 49}));
}

TEST(NeighbourDistances, AreFoundAmongMorePointsThanABlockHas) {
    // Of whole numbers in a line the nearest lie 1, 1, 2, 2, 3, ... away; at its ends 1, 2, 3, ...
    const Index count = 8300;
    const std::vector<float> line = shuffled_line(count, 7919);
    const std::vector<double> found = neighbour_distances(points_of(line), 5);
    for (Index i = 0; i < count; ++i) {
        const double from_end = std::min<double>(line[static_cast<std::size_t>(i)],
                                                 static_cast<double>(count - 1) - line[static_cast<std::size_t>(i)]);
        const double expected = from_end < 3 ? 5 - from_end : 3;
        EXPECT_EQ(found[static_cast<std::size_t>(i)], expected * expected) << i;
    }
}

TEST(NeighbourDistances, AreThoseOfSortingAllDistances) {
    const Index size = 3, count = 530;
    // Whole numbers: many distances are equal, and all are exact.
    const std::vector<float> points = tests::grid_vectors(count, size, 9, 3);
    for (const Index k : {1, 2, 3, 5, 20, 529}) {
        const std::vector<double> found = tests::expect_same_everywhere([&](Device device) {
            return neighbour_distances({points, size, device}, k);
        });
        for (Index i = 0; i < count; ++i) {
            std::vector<double> others;
            for (Index j = 0; j < count; ++j)
                if (j != i) others.push_back(tests::squared_difference(points, i, points, j, size));
            std::nth_element(others.begin(), others.begin() + (k - 1), others.end());
            EXPECT_EQ(found[static_cast<std::size_t>(i)], others[static_cast<std::size_t>(k - 1)]) << k << ": " << i;
        }
    }
}

TEST(Neighbours, RefuseWhatHasNone) {
    const PointSet three = points_of({1, 2, 3}), none = points_of({});
    expect_usage_error([&] { nearest_neighbours(three, none); }, {"[neighbours]", "at least one point", "none"});
    EXPECT_TRUE(nearest_neighbours(none, three).empty());
    expect_usage_error([&] { nearest_neighbours(three, points_of({1, 2}, 2)); }, {"one size", "1 and 2"});
    expect_usage_error([&] { neighbour_distances(three, 3); }, {"[neighbours]", "more than k points", "3 and 3"});
    expect_usage_error([&] { neighbour_distances(three, 0); }, {"k of at least 1", "0 and 3"});
    EXPECT_EQ(neighbour_distances(three, 2), (std::vector<double>{4, 1, 4}));
}

}  // namespace
}  // namespace sinter
