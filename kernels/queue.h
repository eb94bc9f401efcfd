// The queues: where kernels run and where their memory lives. The queue's type is the backend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct CUstream_st;  // what CUDA's cudaStream_t points to

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

/// To what the operands of matrix products and convolutions are rounded before they are multiplied on a CUDA device.
/// Sums are float32 always. fp32 is exact and does not use the tensor cores; tf32 keeps 10 bits of the mantissa,
/// bf16 7.
enum class Precision : std::uint8_t { fp32, tf32, bf16 };

/// Whose kernels do matrix products, convolutions and batch normalisation on a CUDA device: sinter's, or those of
/// cuBLASLt and cuDNN as far as they map (docs/vendor.md).
enum class Engine : std::uint8_t { own, vendor };

class VendorKernels;  // kernels/vendor/engine.h

/// A CUDA device that is missing, refuses, or failed.
struct QueueError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

#ifdef SINTER_HAS_CUDA

/// Runs kernels on a CUDA device, in the order in which they are called, on one stream; the host waits only in
/// download() and synchronise(). In a build with SINTER_CUDA=EMULATE the device is emulated (kernels/emu). All members
/// that reach the device throw QueueError, also for a kernel that failed since the last call.
class CudaQueue {
public:
    using Real = float;

    /// A queue on device `device` of devices().
    explicit CudaQueue(int device = 0);
    ~CudaQueue();
    CudaQueue(CudaQueue&&) noexcept;
    CudaQueue& operator=(CudaQueue&&) noexcept;

    /// The number of CUDA devices. Where there is none, or no driver, it is 0 and `why_none` says why.
    static int devices(std::string* why_none = nullptr);
    /// Whether the devices are emulated on the CPU (SINTER_CUDA=EMULATE).
    static bool emulated();
    /// As the driver names it: "NVIDIA H200".
    static std::string device_name(int device);

    int device() const;
    /// Makes this queue's device the calling thread's, which all that follows on the queue needs. Costs nothing where
    /// it is so already.
    void make_current();
    /// Ten times its compute capability: 75, 80, 90.
    int compute_capability() const;
    /// For what puts work on it: all that was called on this queue before is on the stream.
    CUstream_st* stream();

    /// Of the calls that follow: fp32 at first. A device older than compute capability 8.0 has tensor cores for neither
    /// of the others, and set_precision() throws QueueError.
    Precision precision() const;
    bool supports(Precision precision) const;
    void set_precision(Precision precision);

    /// Of the calls that follow: own at first. The first Engine::vendor loads the libraries; where one is missing, it
    /// throws QueueError and the engine stays as it was.
    Engine engine() const;
    void set_engine(Engine engine);
    /// For launchers: the vendor's kernels, or null where sinter's own are to be used.
    VendorKernels* vendor();

    /// For launchers: allows blocks of `kernel` so much dynamic shared memory, and the largest share of the cache for
    /// it.
    void allow_shared(const void* kernel, std::string_view name, std::size_t bytes);
    /// For launchers: the most shared memory that a block may have, in bytes.
    std::size_t shared_limit() const;

    /// Device memory, aligned to 256 bytes; null for no bytes. What is released may be handed out again to calls that
    /// come later on this queue.
    void* allocate(std::size_t bytes);
    void release(void* memory) noexcept;

    /// Copies within the device's memory.
    void copy(void* to, const void* from, std::size_t bytes);
    /// What is uploaded is read before upload() returns. Up to 256 bytes of whole words go with the next work on the
    /// queue and never wait; more waits for the device where it is above 16 MB or many uploads are under way. What is
    /// downloaded is there when download() returns. Host memory is ordinary memory, not pinned.
    void upload(void* to, const void* from_host, std::size_t bytes);
    void download(void* to_host, const void* from, std::size_t bytes);
    void synchronise();

    /// `count` zeros in device memory with which the blocks of a kernel count themselves; the kernel leaves zeros.
    unsigned* counters(std::size_t count);

private:
    friend class CudaScratch;
    friend class CudaGraph;
    struct State;
    std::unique_ptr<State> state_;
};

/// Device memory that a kernel's launcher works in, as Scratch is on the CPU: aligned to 256 bytes, content
/// unspecified, kept for the next call. Launches that follow each other on the queue share it without waiting.
class CudaScratch {
public:
    CudaScratch(CudaQueue& queue, std::size_t bytes);
    ~CudaScratch();
    CudaScratch(const CudaScratch&) = delete;
    CudaScratch& operator=(const CudaScratch&) = delete;

    template <class T>
    T* as() const {
        return static_cast<T*>(memory_);
    }

private:
    CudaQueue& queue_;
    void* memory_;
};

#endif

}  // namespace sinter::kernels
