// Reading results while the device goes on.
#pragma once

#ifdef SINTER_HAS_CUDA

#include <memory>

#include "kernels/runtime/queue.h"

namespace sinter::kernels {

/// Slots of pinned host memory, which the device fills when it reaches their place on the queue.
class CudaReadback {
public:
    CudaReadback(int slots, int numbers_per_slot);
    ~CudaReadback();
    CudaReadback(CudaReadback&&) noexcept;
    CudaReadback& operator=(CudaReadback&&) noexcept;

    /// Copies the slot's numbers from device memory, after all that is on the queue so far.
    void post(CudaQueue& queue, int slot, const float* from);
    /// Waits for the numbers that were posted to the slot and returns them. They stay until the slot's next post().
    const float* wait(int slot);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sinter::kernels

#endif
