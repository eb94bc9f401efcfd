// Splitting a count of elements or rows into fixed tasks for the thread pool.
#pragma once

#include <algorithm>

#include "kernels/contract.h"
#include "kernels/runtime/thread_pool.h"

namespace sinter::kernels {

/// Elements per task of a pointwise kernel: 32 KB of floats, long enough to hide the hand-over of a task, short enough
/// that a batch of 128 VAE activations feeds a few threads.
inline constexpr Index kElementsPerTask = 8192;

inline Index task_count(Index count, Index per_task) { return (count + per_task - 1) / per_task; }

/// The size of the parts when `total` is cut evenly into as few parts as possible, none above `largest`.
inline Index even_part(Index total, Index largest) {
    const Index parts = task_count(total, largest);
    return parts == 0 ? 0 : task_count(total, parts);
}

/// Calls body(begin, end) over [0, count) in tasks of `per_task`. The split depends on the count alone, so a task that
/// writes a partial sum writes the same one for any number of threads (its number is begin / per_task).
template <class Body>
void parallel_for(CpuQueue& queue, Index count, Index per_task, const Body& body) {
    queue.pool().run(task_count(count, per_task),
                     [&](std::int64_t task, int) { body(task * per_task, std::min(count, (task + 1) * per_task)); });
}

}  // namespace sinter::kernels
