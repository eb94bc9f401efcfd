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

/// How the CPU computes convolutions of many channels. fast may use minimal filtering, which multiplies less and whose
/// roundings are in proportion to the largest numbers of a tile (kernels/cpu/minimal_filter); exact takes the sum of
/// the definition.
enum class ConvolutionMethod : std::uint8_t { fast, exact };

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

    /// The method of later convolutions; fast at first.
    ConvolutionMethod convolution_method() const { return convolution_method_; }
    void set_convolution_method(ConvolutionMethod method) { convolution_method_ = method; }

    /// Memory for kernel arguments, aligned to 128 bytes. Throws std::bad_alloc.
    void* allocate(std::size_t bytes);
    void release(void* memory) noexcept;

    /// Copies within this queue's memory, or between it and the host's. Ordered with the kernels.
    void copy(void* to, const void* from, std::size_t bytes);
    /// upload() has read its source when it returns, and download() has written its target.
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
    ConvolutionMethod convolution_method_ = ConvolutionMethod::fast;
    Block scratch_[kMaxScratchDepth];  // one for each level of nesting
    int scratch_depth_ = 0;
};

/// Working memory of a kernel call, aligned to 128 bytes, with unspecified content. Scratches of one queue nest: a
/// kernel may call another one that has its own. The queue keeps the memory for the next call, so that the steady state
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

/// What a CUDA device rounds the operands of matrix products and convolutions to before it multiplies them. Sums are
/// float32 always. fp32 is exact and does not use the tensor cores; tf32 keeps 10 bits of the mantissa, bf16 7.
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
    /// The driver's name of the device: "NVIDIA H200".
    static std::string device_name(int device);

    int device() const;
    /// Makes this queue's device the current one of the calling thread. All later calls on the queue need that. It
    /// costs nothing where the device is the current one already.
    void make_current();
    /// Ten times its compute capability: 75, 80, 90.
    int compute_capability() const;
    /// The stream, for code that launches its own work. Pending uploads are flushed first.
    CUstream_st* stream();

    /// The precision of later calls; fp32 at first. A device older than compute capability 8.0 has tensor cores for
    /// neither of the others: set_precision() then throws QueueError.
    Precision precision() const;
    bool supports(Precision precision) const;
    void set_precision(Precision precision);

    /// The engine of later calls; own at first. The first Engine::vendor loads the libraries. Where one is missing, it
    /// throws QueueError and the engine stays as it was.
    Engine engine() const;
    void set_engine(Engine engine);
    /// For launchers: the vendor's kernels, or null where sinter's own are to be used.
    VendorKernels* vendor();

    /// Whether what is called is recorded as a graph (kernels/runtime/graph.h) and not done.
    bool recording() const;

    /// For launchers: allows blocks of `kernel` this much dynamic shared memory, and gives them the largest share of
    /// the cache for it.
    void allow_shared(const void* kernel, std::string_view name, std::size_t bytes);
    /// For launchers: the most shared memory that a block may have, in bytes.
    std::size_t shared_limit() const;

    /// Device memory, aligned to 256 bytes; null for no bytes. Later calls on this queue may get released memory again.
    void* allocate(std::size_t bytes);
    void release(void* memory) noexcept;

    /// Copies within the device's memory.
    void copy(void* to, const void* from, std::size_t bytes);
    /// upload() has read its source when it returns. Up to 256 bytes of whole words go with the next work on the queue
    /// and never wait. A longer upload waits for the device if it is above 16 MB or if many uploads are under way.
    /// download() has written its target when it returns. Host memory is ordinary memory, not pinned.
    void upload(void* to, const void* from_host, std::size_t bytes);
    void download(void* to_host, const void* from, std::size_t bytes);
    void synchronise();

    /// `count` zeros in device memory, with which the blocks of a kernel count themselves. The kernel leaves zeros
    /// behind.
    unsigned* counters(std::size_t count);

private:
    friend class CudaScratch;
    friend class CudaGraph;
    struct State;
    std::unique_ptr<State> state_;
};

/// Device memory that a kernel's launcher works in, like Scratch on the CPU. It is aligned to 256 bytes, its content is
/// unspecified, and the queue keeps it for the next call. Launches that follow each other on the queue share it without
/// waiting.
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
