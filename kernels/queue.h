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
    void upload(void* to, const void* from_host, std::size_t bytes) { copy(to, from_host, bytes); }
    void download(void* to_host, const void* from, std::size_t bytes) { copy(to_host, from, bytes); }
    void synchronise() {}

    /// Working memory for one kernel call, at least `bytes`, aligned to 128 bytes. It keeps its address until a larger
    /// request, holds nothing from call to call, and is never returned to the system while the queue lives.
    void* scratch(std::size_t bytes);

private:
    std::unique_ptr<ThreadPool> pool_;
    void* scratch_ = nullptr;
    std::size_t scratch_bytes_ = 0;
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
