// Minimal filtering in groups of tiles: how many are worked on at a time, and on how many threads, does not show.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "kernels/cases/fill.h"
#include "kernels/cases/toolbox.h"
#include "kernels/cpu/minimal_filter/winograd.h"

namespace sinter::kernels {
namespace {

std::vector<float> numbers(Index count, std::uint64_t seed) {
    std::vector<float> values(static_cast<std::size_t>(count));
    fill_reals(std::span(values), uniform(-1, 1), seed);
    return values;
}

/// Both kernels that are cut into groups, from the same numbers.
struct Results {
    std::vector<float> y, dx;
    bool operator==(const Results&) const = default;
};

Results run(const WinogradPlan& plan, int threads, bool accumulate) {
    const ConvGeometry& g = plan.geometry;
    CpuQueue queue(threads);
    Results results{numbers(g.output_count(), 1), numbers(g.input_count(), 2)};
    const std::vector<float> x = numbers(g.input_count(), 3), dy = numbers(g.output_count(), 4);
    const std::vector<float> w = numbers(g.weight_count(), 5),
                             bias = numbers(std::max(g.in_channels, g.out_channels), 6);
    const Epilogue<float> epilogue{bias.data(), {ActivationKind::leaky_relu, 0.2f}, accumulate};
    winograd_forward(queue, results.y.data(), x.data(), w.data(), plan, epilogue);
    winograd_input_gradient(queue, results.dx.data(), dy.data(), w.data(), plan, epilogue);
    return results;
}

TEST(Winograd, GivesTheSameBitsForAnyGroupsAndThreads) {
    // Tiles that overlap by one row, by as many as they have outputs, and by more; strides; an odd last strip.
    const ConvGeometry shapes[] = {conv_geometry({3, 27, 11, 5}, {2, 2, 18}, {1, {1, 0}, {1, 0}}),
                                   conv_geometry({2, 21, 9, 7}, {5, 5, 9}, {1, {2, 2}, {2, 2}}),
                                   conv_geometry({3, 30, 10, 4}, {5, 5, 17}, {2, {1, 2}, {1, 2}})};
    for (const ConvGeometry& g : shapes) {
        for (const Index m : {2, 4}) {
            WinogradPlan plan = winograd_tiles(g, m);
            plan.group_strips = g.batch * plan.tiles_y;
            for (const bool accumulate : {false, true}) {
                const Results whole = run(plan, 1, accumulate);
                WinogradPlan cut = plan;
                for (cut.group_strips = 1; cut.group_strips <= plan.tiles_y; ++cut.group_strips) {
                    for (const int threads : {1, 3}) {
                        EXPECT_TRUE(run(cut, threads, accumulate) == whole)
                            << "stride " << g.stride << ", tiles of " << m << ", " << cut.group_strips << " of "
                            << plan.tiles_y << " strips at a time on " << threads << " thread(s)";
                    }
                }
                EXPECT_TRUE(run(plan, 3, accumulate) == whole) << "all at once on 3 threads";
            }
        }
    }
}

TEST(Winograd, TakesLargeImagesInEvenPartsAndSmallOnesTogether) {
    const WinogradPlan large = winograd_tiles(conv_geometry({2, 256, 256, 64}, {3, 3, 64}, {1, {1, 1}, {1, 1}}), 4);
    EXPECT_EQ(large.tiles_y, 64);
    EXPECT_EQ(large.group_strips, 2) << "a strip is 64 tiles of 36 positions of 64 + 64 channels";
    const WinogradPlan small = winograd_tiles(conv_geometry({64, 8, 8, 64}, {3, 3, 64}, {1, {1, 1}, {1, 1}}), 4);
    EXPECT_EQ(small.group_strips, 42 * small.tiles_y);
}

}  // namespace
}  // namespace sinter::kernels
