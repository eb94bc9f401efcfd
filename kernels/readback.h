// Reading results while the device goes on.
#pragma once

#ifdef SINTER_HAS_CUDA

#include <memory>

#include "kernels/queue.h"

namespace sinter::kernels {

/// Slots of pinned host memory that the device fills when it gets there.
class CudaReadback {
public:
    CudaReadback(int slots, int numbers_per_slot);
    ~CudaReadback();
    CudaReadback(CudaReadback&&) noexcept;
    CudaReadback& operator=(CudaReadback&&) noexcept;

    /// Copies the slot's numbers from device memory after what is on the queue so far.
    void post(CudaQueue& queue, int slot, const float* from);
    /// What was posted to the slot; waits for it. It stays until the slot's next post().
    const float* wait(int slot);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sinter::kernels

#endif
