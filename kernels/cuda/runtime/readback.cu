#include "kernels/runtime/readback.h"

#include <deque>

#include "kernels/cuda/runtime/error.h"
#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/runtime/pinned.h"

namespace sinter::kernels {

namespace {

/// Writes to pinned memory of the host, which the device reaches by the same addresses. The copy engine would do a
/// copy, and the next step would wait for it to wake up and finish.
__global__ void read_back_kernel(float* slot, const float* from, int count) {
    for (int i = static_cast<int>(threadIdx.x); i < count; i += kWarp) slot[i] = from[i];
}

}  // namespace

struct CudaReadback::State {
    State(int slots, int numbers_per_slot)
        : numbers(numbers_per_slot),
          memory(static_cast<std::size_t>(slots) * static_cast<std::size_t>(numbers_per_slot) * sizeof(float)),
          arrived(static_cast<std::size_t>(slots)) {}

    /// Where an exception ends the steps, the device may still have to write to the slots.
    ~State() {
        for (StreamEvent& event : arrived) event.wait_in_any_case();
    }

    float* place(int slot) const { return reinterpret_cast<float*>(memory.data()) + slot * numbers; }

    int numbers;
    PinnedMemory memory;
    std::deque<StreamEvent> arrived;
};

CudaReadback::CudaReadback(int slots, int numbers_per_slot)
    : state_(std::make_unique<State>(slots, numbers_per_slot)) {}
CudaReadback::~CudaReadback() = default;
CudaReadback::CudaReadback(CudaReadback&&) noexcept = default;
CudaReadback& CudaReadback::operator=(CudaReadback&&) noexcept = default;

void CudaReadback::post(CudaQueue& queue, int slot, const float* from) {
    launch<read_back_kernel>(queue, 1, kWarp, 0, state_->place(slot), from, state_->numbers);
    state_->arrived[static_cast<std::size_t>(slot)].record(queue.stream());
}

const float* CudaReadback::wait(int slot) {
    state_->arrived[static_cast<std::size_t>(slot)].wait();
    return state_->place(slot);
}

}  // namespace sinter::kernels
