#include "kernels/readback.h"

#include <deque>

#include "kernels/cuda/error.h"
#include "kernels/cuda/pinned.h"

namespace sinter::kernels {

struct CudaReadback::State {
    State(int slots, std::size_t bytes_per_slot)
        : bytes(bytes_per_slot),
          memory(static_cast<std::size_t>(slots) * bytes_per_slot),
          arrived(static_cast<std::size_t>(slots)) {}

    std::byte* place(int slot) const { return memory.data() + static_cast<std::size_t>(slot) * bytes; }

    std::size_t bytes;
    PinnedMemory memory;
    std::deque<StreamEvent> arrived;
};

CudaReadback::CudaReadback(int slots, std::size_t bytes_per_slot)
    : state_(std::make_unique<State>(slots, bytes_per_slot)) {}
CudaReadback::~CudaReadback() = default;
CudaReadback::CudaReadback(CudaReadback&&) noexcept = default;
CudaReadback& CudaReadback::operator=(CudaReadback&&) noexcept = default;

void CudaReadback::post(CudaQueue& queue, int slot, const void* from) {
    check_cuda(cudaMemcpyAsync(state_->place(slot), from, state_->bytes, cudaMemcpyDeviceToHost, queue.stream()),
               "reading back");
    state_->arrived[static_cast<std::size_t>(slot)].record(queue.stream());
}

const void* CudaReadback::wait(int slot) {
    state_->arrived[static_cast<std::size_t>(slot)].wait();
    return state_->place(slot);
}

}  // namespace sinter::kernels
