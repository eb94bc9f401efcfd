// Pinned host memory: what the device copies from and to while the host goes on.
#pragma once

#include <cstddef>
#include <memory>

#include "kernels/cuda/runtime/device.cuh"

namespace sinter::kernels {

/// A block of pinned memory.
class PinnedMemory {
public:
    PinnedMemory() = default;
    explicit PinnedMemory(std::size_t bytes);
    ~PinnedMemory();
    PinnedMemory(const PinnedMemory&) = delete;
    PinnedMemory& operator=(const PinnedMemory&) = delete;

    std::byte* data() const { return data_; }

private:
    std::byte* data_ = nullptr;
};

/// A point in a stream that the host can wait for.
class StreamEvent {
public:
    StreamEvent();
    ~StreamEvent();
    StreamEvent(const StreamEvent&) = delete;
    StreamEvent& operator=(const StreamEvent&) = delete;

    void record(cudaStream_t stream);
    /// Waits until the device has reached the point that was recorded last. Does not wait if there is none.
    void wait();
    /// The same for a caller that may ignore errors: another call has reported them or will do so.
    void wait_in_any_case() noexcept;

private:
    cudaEvent_t event_ = nullptr;
};

/// Where small uploads stand until the device has copied them.
class PinnedRing {
public:
    static constexpr std::size_t kMaxBytes = 4096;

    /// Returns a copy of `bytes` <= kMaxBytes at `from`. It stays until the stream has done the next work that is put
    /// on it. Waits only where the device is some hundred uploads behind.
    const void* stage(const void* from, std::size_t bytes, cudaStream_t stream);

private:
    // One half is filled while the device may still copy from the other.
    static constexpr std::size_t kHalf = 32 * 1024, kAlignment = 64;

    PinnedMemory memory_{2 * kHalf};
    StreamEvent left_[2];  ///< when the copies out of a half were put on the stream
    int half_ = 0;
    std::size_t used_ = 0;
};

/// Where larger uploads stand, such as a batch of images. One block is filled while the device copies from the other.
class PinnedPair {
public:
    static constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

    /// Returns a copy of `bytes` <= kMaxBytes at `from`. Waits for the upload before the last one.
    const void* stage(const void* from, std::size_t bytes);
    /// To be called when the copy from the memory that stage() returned is on the stream.
    void is_copied(cudaStream_t stream) { copied_[turn_].record(stream); }

private:
    std::unique_ptr<PinnedMemory> memory_[2];
    std::size_t bytes_[2] = {};
    StreamEvent copied_[2];
    int turn_ = 0;
};

}  // namespace sinter::kernels
