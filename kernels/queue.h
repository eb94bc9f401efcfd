// The queues: where kernels run and where their memory lives. The queue's type is the backend.
#pragma once

#include <cstddef>
#include <memory>

namespace sinter::kernels {

class ThreadPool;

/// Runs kernels on the CPU with SIMD instructions chosen at run time and a fixed team of threads.
class CpuQueue {
public:
    using Real = float;

    /// A queue with `threads` threads, the caller's included; 0 means one per available core.
    explicit CpuQueue(int threads = 0);
    ~CpuQueue();
    CpuQueue(CpuQueue&&) noexcept;
    CpuQueue& operator=(CpuQueue&&) noexcept;

    int threads() const;
    ThreadPool& pool() { return *pool_; }

    /// Memory for kernel arguments, aligned to 128 bytes. Throws std::bad_alloc.
    void* allocate(std::size_t bytes);
    void release(void* memory) noexcept;

    /// Copies within this queue's memory, or between it and the host's. Ordered with the kernels.
    void copy(void* to, const void* from, std::size_t bytes);
    /// What is uploaded is read before upload() returns; what is downloaded is there when download() returns.
    void upload(void* to, const void* from_host, std::size_t bytes) { copy(to, from_host, bytes); }
    void download(void* to_host, const void* from, std::size_t bytes) { copy(to_host, from, bytes); }
    void synchronise() {}

private:
    friend class Scratch;
    struct Block {
        void* memory = nullptr;
        std::size_t bytes = 0;
    };
    static constexpr int kMaxScratchDepth = 4;

    std::unique_ptr<ThreadPool> pool_;
    Block scratch_[kMaxScratchDepth];  // one for each level of nesting
    int scratch_depth_ = 0;
};

/// Working memory of a kernel call while it lives, aligned to 128 bytes, content unspecified. Scratches of one queue
/// nest: a kernel may call another one that has its own. The memory is kept for the next call, so that steady state
/// allocates nothing.
class Scratch {
public:
    Scratch(CpuQueue& queue, std::size_t bytes);
    ~Scratch() { --queue_.scratch_depth_; }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    template <class T>
    T* as() const {
        return static_cast<T*>(memory_);
    }

private:
    CpuQueue& queue_;
    void* memory_;
};

/// Runs the scalar reference kernels in the number type `RealType`, one after the other on the calling thread.
template <class RealType>
class RefQueue {
public:
    using Real = RealType;

    void* allocate(std::size_t bytes);
    void release(void* memory) noexcept;
    void copy(void* to, const void* from, std::size_t bytes);
    void upload(void* to, const void* from_host, std::size_t bytes) { copy(to, from_host, bytes); }
    void download(void* to_host, const void* from, std::size_t bytes) { copy(to_host, from, bytes); }
    void synchronise() {}
};

}  // namespace sinter::kernels
