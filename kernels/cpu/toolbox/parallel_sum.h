// Sums whose parts are found by several threads and added in a fixed order.
#pragma once

#include <cstddef>
#include <numeric>

#include "kernels/cpu/toolbox/parallel.h"

namespace sinter::kernels {

/// The sum of part(begin, end), a double, over [0, count) in tasks of `per_task`. The parts wait in the queue's scratch
/// memory until they are added in order, so the bits do not depend on the number of threads.
template <class Part>
double parallel_sum(CpuQueue& queue, Index count, Index per_task, const Part& part) {
    const Index tasks = task_count(count, per_task);
    const Scratch scratch(queue, static_cast<std::size_t>(tasks) * sizeof(double));
    double* const parts = scratch.as<double>();
    parallel_for(queue, count, per_task, [&](Index begin, Index end) { parts[begin / per_task] = part(begin, end); });
    return std::accumulate(parts, parts + tasks, 0.0);
}

}  // namespace sinter::kernels
