// Timing on the device: calls recorded as a graph, and the time that the device itself takes between two events.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "apps/roofs/timing.h"
#include "kernels/runtime/graph.h"
#include "kernels/runtime/queue.h"

struct CUevent_st;  // what CUDA's cudaEvent_t points to

namespace sinter::bench {

/// Measures what the device takes for the work that the host hands it meanwhile.
class DeviceStopwatch {
public:
    explicit DeviceStopwatch(kernels::CudaQueue& queue);
    ~DeviceStopwatch();
    DeviceStopwatch(const DeviceStopwatch&) = delete;
    DeviceStopwatch& operator=(const DeviceStopwatch&) = delete;

    /// Seconds on the device for `work`, which enqueues it. Waits for its end.
    double seconds(const std::function<void()>& work);

private:
    kernels::CudaQueue& queue_;
    CUevent_st *begin_ = nullptr, *end_ = nullptr;
};

/// Kernel calls, recorded once as a CUDA graph, as a captured training step is: a replay costs the host one launch.
class RecordedCalls {
public:
    /// Records call(0) ... call(count - 1). None of them may allocate or wait: call each kernel once before.
    RecordedCalls(kernels::CudaQueue& queue, std::int64_t count, const std::function<void(std::int64_t)>& call);

    std::int64_t count() const { return count_; }
    void replay() const { graph_->replay(); }

private:
    std::int64_t count_;
    std::unique_ptr<kernels::CudaGraph> graph_;  // which does not move
};

/// call(i) for i below `rotation`, recorded so often that a replay is long enough for the device's clock; at least each
/// i once.
RecordedCalls record_sample(kernels::CudaQueue& queue, std::int64_t rotation,
                            const std::function<void(std::int64_t)>& call);

/// Times the contenders, which take turns, and returns the results in their order. Before each sample its calls are
/// replayed once unmeasured: the host is then ahead of the device, and the clocks are up.
std::vector<Timing> time_recorded(kernels::CudaQueue& queue, std::span<const RecordedCalls> contenders,
                                  const TimingOptions& options);

}  // namespace sinter::bench
