#include "kernels/cuda/runtime/pinned.h"

#include <cstring>

#include "kernels/cuda/runtime/error.h"

namespace sinter::kernels {

PinnedMemory::PinnedMemory(std::size_t bytes) {
    void* memory = nullptr;
    check_cuda(cudaMallocHost(&memory, bytes), "allocating pinned memory");
    data_ = static_cast<std::byte*>(memory);
}

PinnedMemory::~PinnedMemory() { cudaFreeHost(data_); }

StreamEvent::StreamEvent() {
    check_cuda(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "creating an event");
}

StreamEvent::~StreamEvent() { cudaEventDestroy(event_); }

void StreamEvent::record(cudaStream_t stream) { check_cuda(cudaEventRecord(event_, stream), "recording an event"); }

void StreamEvent::wait() { check_cuda(cudaEventSynchronize(event_), "waiting for the device"); }

void StreamEvent::wait_in_any_case() noexcept {
    cudaEventSynchronize(event_);
    cudaGetLastError();
}

const void* PinnedRing::stage(const void* from, std::size_t bytes, cudaStream_t stream) {
    const std::size_t room = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    if (used_ + room > kHalf) {
        left_[half_].record(stream);
        half_ = 1 - half_;
        used_ = 0;
        left_[half_].wait();
    }
    std::byte* const place = memory_.data() + static_cast<std::size_t>(half_) * kHalf + used_;
    std::memcpy(place, from, bytes);
    used_ += room;
    return place;
}

const void* PinnedPair::stage(const void* from, std::size_t bytes) {
    turn_ = 1 - turn_;
    copied_[turn_].wait();
    if (bytes_[turn_] < bytes) {
        memory_[turn_] = std::make_unique<PinnedMemory>(bytes);
        bytes_[turn_] = bytes;
    }
    std::memcpy(memory_[turn_]->data(), from, bytes);
    return memory_[turn_]->data();
}

}  // namespace sinter::kernels
