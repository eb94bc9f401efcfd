// How long the steps of a run take on a CUDA device, while the host is ahead of it.
#pragma once

#ifdef SINTER_HAS_CUDA

#include <memory>
#include <optional>

#include "kernels/runtime/queue.h"

namespace sinter::kernels {

/// Marks on a queue, and the device's time between them.
class CudaStepClock {
public:
    CudaStepClock();
    ~CudaStepClock();
    CudaStepClock(const CudaStepClock&) = delete;
    CudaStepClock& operator=(const CudaStepClock&) = delete;

    /// Marks the end of a step. Returns the device's seconds of an earlier step, so that nobody waits; nothing in the
    /// first calls, or where the device is not there yet.
    std::optional<double> tick(CudaQueue& queue);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sinter::kernels

#endif
