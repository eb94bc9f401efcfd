// Improved precision and recall, density and coverage: on points whose balls can be drawn by hand, against the
// definitions, and in expectation.
#include "core/statistics/manifolds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/statistics/moments.h"
#include "tests/common/errors.h"
#include "tests/core/statistics/every_device.h"
#include "tests/core/statistics/random_vectors.h"

namespace sinter {
namespace {

using tests::expect_usage_error;
using tests::random_vectors;
using tests::squared_difference;
using Values = std::vector<double>;

Coverage cover(const std::vector<float>& generated, const std::vector<float>& real, BallSizes k, Index size = 1,
               Device device = Device::cpu()) {
    return measure_coverage({generated, size, device}, {real, size, device}, k);
}

TEST(Coverage, IsThatOfBallsDrawnByHand) {
    // Real balls of k = 2: 0 +- 2, 1 +- 1, 2 +- 1, 3 +- 2. Generated balls of k = 2: 1.5 +- 8.5, 0.5 +- 9.5, 10 +- 9.5.
    const Coverage found = cover({1.5F, 0.5F, 10}, {0, 1, 2, 3}, {.precision = 2, .density = 2});
    EXPECT_EQ(found.precision, (Values{1, 1, 0}));
    EXPECT_EQ(found.density, (Values{4.0 / 2, 2.0 / 2, 0}));  // 1.5 is in all four, 0.5 in those of 0 and 1
    EXPECT_EQ(found.recall, (Values{1, 1, 1, 1}));
    EXPECT_EQ(found.coverage, (Values{1, 1, 1, 1}));
}

TEST(Coverage, MissesWhatIsFarFromEverything) {
    // Real balls of k = 1: 0 +- 1, 1 +- 1, 50 +- 1, 51 +- 1; generated: 0.5 +- 0.25, 0.75 +- 0.25.
    const Coverage found = cover({0.5F, 0.75F}, {0, 1, 50, 51}, {.precision = 1, .density = 1});
    EXPECT_EQ(found.precision, (Values{1, 1}));
    EXPECT_EQ(found.recall, (Values{0, 1, 0, 0})) << "1 is 0.25 from 0.75, 0 is 0.5 from 0.5";
    EXPECT_EQ(found.density, (Values{2, 2}));
    EXPECT_EQ(found.coverage, (Values{1, 1, 0, 0}));
}

TEST(Coverage, HasClosedBallsForPrecisionAndRecallAndOpenOnesForDensityAndCoverage) {
    // On the edges: real balls 0 +- 1 and 1 +- 1, generated balls 2 +- 2 and 4 +- 2.
    const Coverage found = cover({2, 4}, {0, 1}, {.precision = 1, .density = 1});
    EXPECT_EQ(found.precision, (Values{1, 0}));
    EXPECT_EQ(found.recall, (Values{1, 1}));
    EXPECT_EQ(found.density, (Values{0, 0}));
    EXPECT_EQ(found.coverage, (Values{0, 0}));
}

TEST(Coverage, OfASetByItselfIsFull) {
    const std::vector<float> points = random_vectors(60, 4, 1);
    const Coverage found = cover(points, points, {}, 4);
    EXPECT_EQ(found.precision, Values(60, 1));
    EXPECT_EQ(found.recall, Values(60, 1));
    EXPECT_EQ(found.coverage, Values(60, 1));
    // Each open ball holds its own point and k - 1 others.
    EXPECT_NEAR(mean_of(found.density), 1, 1e-15);
}

TEST(Coverage, OfPointsThatAreAllEqualHasNoOpenBall) {
    const Coverage found = cover(std::vector<float>(8, 3), std::vector<float>(9, 3), {});
    EXPECT_EQ(found.precision, Values(8, 1));
    EXPECT_EQ(found.recall, Values(9, 1));
    EXPECT_EQ(found.density, Values(8, 0));
    EXPECT_EQ(found.coverage, Values(9, 0));
}

/// The squared distance of point i to its k-th nearest other one.
double radius(const std::vector<float>& points, Index i, Index k, Index size) {
    Values distances;
    for (Index j = 0; j < static_cast<Index>(points.size()) / size; ++j)
        distances.push_back(squared_difference(points, i, points, j, size));
    std::sort(distances.begin(), distances.end());
    return distances[static_cast<std::size_t>(k)];  // the point itself is at 0
}

TEST(Coverage, IsThatOfTheDefinitionsForAnyNumberOfThreadsAndOnTheReference) {
    // Whole numbers, so that many points lie on an edge; more than the rows of a block on both sides.
    const Index size = 3, generated_count = 560, real_count = 530;
    const std::vector<float> generated = tests::grid_vectors(generated_count, size, 12, 2);
    const std::vector<float> real = tests::grid_vectors(real_count, size, 15, 3);
    const auto found = tests::expect_same_everywhere([&](Device device) {
        const Coverage all = cover(generated, real, {.precision = 3, .density = 5}, size, device);
        return std::vector<Values>{all.precision, all.recall, all.density, all.coverage};
    });
    Values real_radii, open_radii, generated_radii;
    for (Index r = 0; r < real_count; ++r) {
        real_radii.push_back(radius(real, r, 3, size));
        open_radii.push_back(radius(real, r, 5, size));
    }
    for (Index g = 0; g < generated_count; ++g) generated_radii.push_back(radius(generated, g, 3, size));

    std::vector<Values> expected{Values(generated_count), Values(real_count), Values(generated_count),
                                 Values(real_count)};
    Index on_an_edge = 0;
    for (std::size_t g = 0; g < generated_radii.size(); ++g) {
        double balls = 0;
        for (std::size_t r = 0; r < real_radii.size(); ++r) {
            const double distance =
                squared_difference(generated, static_cast<Index>(g), real, static_cast<Index>(r), size);
            if (distance <= real_radii[r]) expected[0][g] = 1;
            if (distance <= generated_radii[g]) expected[1][r] = 1;
            if (distance < open_radii[r]) balls += 1, expected[3][r] = 1;
            on_an_edge += distance == real_radii[r] || distance == open_radii[r];
        }
        expected[2][g] = balls / 5;
    }
    EXPECT_EQ(found, expected);
    EXPECT_GT(on_an_edge, 100);
    for (const Values& values : expected) {
        EXPECT_GT(mean_of(values), 0.2);
        EXPECT_GT(deviation_of(values), 0.1) << "a measure that is the same for all points shows nothing";
    }
}

TEST(Coverage, CountsTheBallsOfAllBlocksOfPoints) {
    // More than the 8192 columns of a block of distances: a line, whose balls of k = 2 reach 1 to both sides, every
    // second point from its other end; and far from it a point in the second block, whose ball reaches back to it.
    const Index count = 8300;
    std::vector<float> line;
    for (Index i = 0; i < count; ++i) line.push_back(static_cast<float>(i % 2 == 0 ? i : count - i));
    line[8295] = 20000;
    const std::vector<float> few{100.25F, 4000.5F, 8290.25F, -5, 1000, 15000};
    const BallSizes k{.precision = 2, .density = 2};
    const Coverage of_few = cover(few, line, k);
    EXPECT_EQ(of_few.density, (Values{1, 1, 1, 0, 0.5, 0.5})) << "1000 is on the edges of 999 and 1001";
    EXPECT_EQ(of_few.precision, (Values{1, 1, 1, 0, 1, 1}));
    EXPECT_EQ(cover(line, few, k).recall, (Values{1, 1, 1, 0, 1, 1}));
}

TEST(Coverage, RefusesFewerPointsThanNeighbours) {
    const std::vector<float> three{1, 2, 3}, many(10);
    expect_usage_error([&] { cover(three, many, {.precision = 3, .density = 1}); }, {"more than k points", "3 and 3"});
    expect_usage_error([&] { cover(many, three, {.precision = 1, .density = 3}); }, {"more than k points", "3 and 3"});
    expect_usage_error([&] { cover(many, many, {.precision = 0, .density = 1}); }, {"k of at least 1", "0 and 10"});
    // Generated points have no open balls: they need no more than the neighbours of precision.
    EXPECT_EQ(cover(three, many, {.precision = 2, .density = 5}).density.size(), 3u);
}

TEST(ExpectedCoverage, OfFewPointsIsCountedByHand) {
    // The nearest of one other real point and one generated one is either with the same probability.
    EXPECT_DOUBLE_EQ(expected_coverage(1, 2, 1), 0.5);
    // Both of the two nearest among 3 real and 1 generated are real in 3 of 6 cases.
    EXPECT_DOUBLE_EQ(expected_coverage(1, 4, 2), 0.5);
    EXPECT_DOUBLE_EQ(expected_coverage(3, 4, 4), 1) << "of four neighbours three at most are real";
}

TEST(ExpectedCoverage, OfEqualCountsTendsToOneMinusAPowerOfTwo) {
    for (const Index k : {1, 3, 5}) {
        const double limit = 1 - std::pow(0.5, static_cast<double>(k));
        EXPECT_NEAR(expected_coverage(10000, 10000, k), limit, 1e-3);
        EXPECT_NEAR(expected_coverage(1000000, 1000000, k), limit, 1e-5);
    }
    EXPECT_NEAR(expected_coverage(10000, 10000, 5), 0.969, 5e-4);  // as the paper has it
}

TEST(ExpectedCoverage, IsTheMeanCoverageOfEqualDistributions) {
    Values coverages;
    for (unsigned seed = 0; seed < 400; ++seed) {
        const std::vector<float> all = random_vectors(20 + 12, 2, 100 + seed);
        const std::vector<float> generated(all.begin(), all.begin() + 24), real(all.begin() + 24, all.end());
        coverages.push_back(mean_of(cover(generated, real, {.precision = 1, .density = 2}, 2).coverage));
    }
    const double expected = expected_coverage(12, 20, 2);
    EXPECT_NEAR(mean_of(coverages), expected, 4 * standard_error_of(coverages));
    EXPECT_LT(standard_error_of(coverages), 0.01);
}

}  // namespace
}  // namespace sinter
