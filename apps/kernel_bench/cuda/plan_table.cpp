#include "apps/kernel_bench/cuda/plan_table.h"

#include <fmt/format.h>

#include "apps/kernel_bench/cuda/rotated_buffers.h"
#include "apps/kernel_bench/text.h"
#include "kernels/runtime/graph.h"

namespace sinter::bench {
namespace {

using kernels::PlannedProduct;
using kernels::ProductSize;

/// "6272x64x1152, 4 phases"
std::string size_text(const ProductSize& size) {
    const std::string text = fmt::format("{}x{}x{}", size.m, size.n, size.k);
    return size.count > 1 ? fmt::format("{}, {} phases", text, size.count) : text;
}

/// "medium /4, 76.2 us"
std::string plan_text(const std::vector<PlannedProduct>& launches, kernels::Precision precision) {
    double seconds = 0;
    for (const auto& [size, plan] : launches) seconds += expected_seconds(size, plan, precision);
    const auto& [tile, splits] = launches.front().plan;
    return fmt::format("{}{}, {}", name_of(kTiles, tile), splits > 1 ? fmt::format(" /{}", splits) : "",
                       time_text(seconds));
}

}  // namespace

bool has_plan(const kernels::KernelCase& kernel_case) {
    return kernel_case.run_cuda && facts_of(kernel_case).narrowest_side.has_value();
}

CasePlans plan_case(kernels::CudaQueue& queue, const kernels::KernelCase& kernel_case) {
    constexpr std::size_t kWorkingMemory = std::size_t{256} << 20, kCounters = 1 << 16;
    queue.counters(kCounters);  // while a graph is recorded, nothing can be allocated
    { const kernels::CudaScratch first(queue, kWorkingMemory), second(queue, kWorkingMemory); }
    const RotatedBuffers buffers(queue, kernel_case.arguments, 1);
    const kernels::Precision before = queue.precision();
    CasePlans plans{facts_of(kernel_case), {}};
    for (const auto& [name, precision, note] : kPrecisions) {
        queue.set_precision(precision);
        kernels::PlanRecord record;
        const kernels::CudaGraph graph(queue, [&] { kernel_case.run_cuda(queue, buffers[0]); });
        plans.launches.push_back(record.products);
    }
    queue.set_precision(before);
    return plans;
}

std::string format_plans(const std::vector<CasePlans>& cases) {
    std::vector<Row> rows = {{"family", "kernel", "size", "m x n x k"}};
    for (const auto& [name, precision, note] : kPrecisions) rows[0].push_back(name);
    for (const CasePlans& one : cases) {
        if (one.launches.front().empty()) continue;  // gradients of thin images
        rows.push_back({one.family, one.kernel, one.size, size_text(one.launches.front().front().size)});
        std::size_t i = 0;
        for (const auto& [name, precision, note] : kPrecisions)
            rows.back().push_back(plan_text(one.launches[i++], precision));
    }
    return align(rows, 3);
}

}  // namespace sinter::bench
