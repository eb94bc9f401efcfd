#include "apps/kernel_bench/cuda/plan_sweep.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/kernel_bench/cuda/rotated_buffers.h"
#include "apps/kernel_bench/text.h"
#include "apps/roofs/cuda/stopwatch.h"

namespace sinter::bench {
namespace {

using kernels::FixedPlan;
using kernels::ProductPlan;
using kernels::TileSize;

constexpr int kParts[] = {1, 2, 4, 8, 16, 32, 64};

bool is_faster(const PlannedTiming& a, const PlannedTiming& b) { return a.timing.seconds < b.timing.seconds; }

/// "12.3 us /4"
std::string text(const PlanSweep& sweep, TileSize tile) {
    for (const PlannedTiming& best : sweep.fastest) {
        if (best.plan.tile == tile) return fmt::format("{} /{}", time_text(best.timing.seconds), best.plan.splits);
    }
    return "-";
}

}  // namespace

PlanSweep sweep_plans(kernels::CudaQueue& queue, const kernels::KernelCase& kernel_case, const TimingOptions& options) {
    const RotatedBuffers buffers(queue, kernel_case.arguments, 1);
    const auto call = [&](std::int64_t) { kernel_case.run_cuda(queue, buffers[0]); };
    std::vector<RecordedCalls> contenders;
    const auto record = [&] {
        call(0);  // which may allocate working memory
        contenders.push_back(record_sample(queue, 1, call));
    };
    PlanSweep sweep{facts_of(kernel_case), 0, {}, {}};
    {
        const kernels::PlanRecord planned;
        call(0);
        if (planned.products.empty()) return sweep;
        for (const auto& [size, plan] : planned.products)
            sweep.expected += kernels::expected_seconds(size, plan, queue.precision());
    }
    record();
    std::vector<ProductPlan> plans;
    for (const auto& [name, tile, note] : kTiles) {
        for (const int parts : kParts) {
            if (!has_tile(tile, queue.precision(), queue.shared_limit())) continue;
            const FixedPlan plan({tile, parts});
            plans.push_back({tile, parts});
            record();
        }
    }
    const std::vector<Timing> timings = time_recorded(queue, contenders, options);
    sweep.model = timings[0];
    for (std::size_t i = 0; i < plans.size(); ++i) {
        const PlannedTiming now{plans[i], timings[i + 1]};
        if (sweep.fastest.empty() || sweep.fastest.back().plan.tile != now.plan.tile)
            sweep.fastest.push_back(now);
        else if (is_faster(now, sweep.fastest.back()))
            sweep.fastest.back() = now;
    }
    return sweep;
}

std::string format_sweeps(std::span<const PlanSweep> sweeps) {
    std::vector<Row> rows = {{"family", "kernel", "size", "expected", "model", "fastest / model"}};
    for (const auto& [name, tile, note] : kTiles) rows[0].push_back(fmt::format("{} /parts", name));
    for (const PlanSweep& sweep : sweeps) {
        if (sweep.fastest.empty()) continue;
        const double fastest = std::min_element(sweep.fastest.begin(), sweep.fastest.end(), is_faster)->timing.seconds;
        rows.push_back({sweep.family, sweep.kernel, sweep.size, time_text(sweep.expected),
                        time_text(sweep.model.seconds), ratio_text(fastest / sweep.model.seconds)});
        for (const auto& [name, tile, note] : kTiles) rows.back().push_back(text(sweep, tile));
    }
    return align(rows, 3);
}

}  // namespace sinter::bench
