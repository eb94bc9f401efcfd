// Which convolutions gain by minimal filtering, and with tiles of which size.
#include <algorithm>

#include "kernels/cpu/minimal_filter/winograd.h"
#include "kernels/cpu/toolbox/parallel.h"

namespace sinter::kernels {
namespace {

// The cost of moving one float through the caches, in multiply-adds: transformed weights are large and wait in memory,
// transformed images stay in the third-level cache. The numbers are those of the machine of the ladders, which does 250
// billion multiply-adds and moves a few billion floats a second.
constexpr double kWeightTraffic = 80, kImageTraffic = 40;
constexpr Index kGroupFloats = 768 * 1024;  // 3 MB of transformed images and outputs

/// The cost of a plan, in multiply-adds of the plain product.
double cost(const WinogradPlan& plan) {
    const double rows = static_cast<double>(plan.geometry.batch * plan.tiles()) * static_cast<double>(plan.positions());
    const double depth = static_cast<double>(plan.depth), out = static_cast<double>(plan.geometry.out_channels);
    return rows * depth * out + kWeightTraffic * static_cast<double>(plan.positions()) * depth * out +
           kImageTraffic * rows * (depth + out);
}

}  // namespace

WinogradPlan winograd_tiles(const ConvGeometry& g, Index m) {
    WinogradPlan plan;
    plan.geometry = g;
    plan.m = m;
    plan.r = (std::max(g.kernel_height, g.kernel_width) + g.stride - 1) / g.stride;
    plan.n = m + plan.r - 1;
    plan.tiles_y = (g.out_height + m - 1) / m;
    plan.tiles_x = (g.out_width + m - 1) / m;
    plan.depth = g.stride * g.stride * g.in_channels;
    const Index strip_floats = std::max<Index>(1, plan.tiles_x * plan.positions() * (plan.depth + g.out_channels));
    const Index images = kGroupFloats / std::max<Index>(1, strip_floats * plan.tiles_y);
    plan.group_strips = images > 0 ? std::min(images, g.batch) * plan.tiles_y
                                   : even_part(plan.tiles_y, std::max<Index>(1, kGroupFloats / strip_floats));
    return plan;
}

std::optional<WinogradPlan> winograd_plan(const ConvGeometry& g) {
    std::optional<WinogradPlan> best;
    double best_cost = g.multiply_adds();
    for (const Index m : {4, 2}) {
        const WinogradPlan plan = winograd_tiles(g, m);
        if (plan.r != 2 && plan.r != 3 && plan.r != 5) continue;
        if (const double now = cost(plan); now < best_cost) {
            best = plan;
            best_cost = now;
        }
    }
    return best;
}

}  // namespace sinter::kernels
