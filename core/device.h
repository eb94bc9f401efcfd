// Devices: where tensors live and kernels run. A device is a queue of some backend plus a pool of its memory.
#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/memory.h"
#include "core/names.h"
#include "kernels/runtime/queue.h"

namespace sinter {

/// The number type of a queue, also of a reference to one: RealOf<decltype(queue)>.
template <class Queue>
using RealOf = typename std::remove_reference_t<Queue>::Real;

/// A handle on one of the process's devices; copies name the same device. A device serves one thread at a time: its
/// pool and its queue are not locked.
class Device {
public:
    /// The CPU: SIMD kernels on a team of threads, in float.
    static Device cpu();
    /// The readable scalar kernels, in double: slow, for checking gradients and for settling arguments.
    static Device reference();
    /// CUDA device `index`: hand-written kernels on one stream, in float. Throws DeviceError, which says why, where
    /// there is none of that number, no driver, or this build has no CUDA.
    static Device cuda(int index = 0);
    /// The number of CUDA devices. Where it is 0, `why_none` (if given) says why.
    static int cuda_devices(std::string* why_none = nullptr);
    /// Whether the CUDA devices are emulated on the CPU, for tests.
    static bool cuda_is_emulated();

    /// "cpu", "reference" or "cuda:0".
    const char* name() const { return context_->name.c_str(); }
    /// The name, and that of the hardware where the driver tells: "cuda:0 (NVIDIA H200)".
    std::string description() const;

    /// Calls f with this device's queue; f is generic in the queue's type, which selects the kernels:
    ///     device.run([&](auto& queue) { kernels::add(queue, y.data(queue), a.data(queue), b.data(queue), n); });
    /// Throws DeviceError for a CUDA device that refuses or has failed.
    template <class Function>
    decltype(auto) run(Function&& f) const {
        try {
            return std::visit(
                [&](auto& queue) -> decltype(auto) {
                    if constexpr (requires { queue.make_current(); }) queue.make_current();
                    return f(queue);
                },
                context_->queue);
        } catch (const kernels::QueueError& failure) {
            fail(failure);
        }
    }

    /// Whether `queue` is this device's.
    template <class OtherQueue>
    bool owns(const OtherQueue& queue) const {
        return std::get_if<OtherQueue>(&context_->queue) == &queue;
    }

    /// Where tensors get their memory from.
    MemoryPool& memory() const { return *context_->memory; }
    /// Bytes of one tensor element.
    std::size_t element_bytes() const;

    bool operator==(const Device&) const = default;

private:
    using Queue = std::variant<kernels::CpuQueue, kernels::RefQueue<double>
#ifdef SINTER_HAS_CUDA
                               ,
                               kernels::CudaQueue
#endif
                               >;

    struct Context {
        Context(std::string device_name, Queue device_queue);
        Ref<MemoryPool> new_pool();

        std::string name;
        Queue queue;
        Ref<MemoryPool> own_memory, memory;  ///< the second is the first unless a MemoryScope lives
    };

    friend class MemoryScope;
    friend void set_cpu_threads(int threads);
    friend int cpu_threads();
    explicit Device(Context* context) : context_(context) {}
    static Context& cpu_context();
    [[noreturn]] static void fail(const kernels::QueueError& failure);

    Context* context_;
};

/// While one lives, tensors made on `device` get their memory from a pool of its own: a step that is recorded as a
/// graph uses the same addresses whenever it is repeated, so nobody else may be given them in between.
class MemoryScope {
public:
    /// An empty `pool` is filled with a new one, to be passed again to the next scope of the same purpose.
    MemoryScope(Device device, Ref<MemoryPool>& pool);
    /// Back to the device's own pool, for what outlives the scope around it.
    explicit MemoryScope(Device device);
    ~MemoryScope();
    MemoryScope(const MemoryScope&) = delete;
    MemoryScope& operator=(const MemoryScope&) = delete;

private:
    Device device_;
    Ref<MemoryPool> before_;
};

/// Sets the number of threads of Device::cpu(); 0 means one per available core. Results do not depend on it. To be
/// called between steps, not within one.
void set_cpu_threads(int threads);
/// The number of threads of Device::cpu().
int cpu_threads();

/// The words for precisions in options and reports.
inline constexpr Named<kernels::Precision> kPrecisions[] = {{"fp32", kernels::Precision::fp32},
                                                            {"tf32", kernels::Precision::tf32, "tensor cores"},
                                                            {"bf16", kernels::Precision::bf16, "tensor cores"}};
/// The words for whose kernels a CUDA device runs.
inline constexpr Named<kernels::Engine> kEngines[] = {{"sinter", kernels::Engine::own, "hand-written"},
                                                      {"vendor", kernels::Engine::vendor, "cuBLAS, cuDNN"}};

/// The words for how convolutions are computed.
inline constexpr Named<kernels::ConvolutionMethod> kConvolutionMethods[] = {
    {"fast", kernels::ConvolutionMethod::fast, "minimal filtering, where it is faster"},
    {"exact", kernels::ConvolutionMethod::exact, "plain sums, for activations far apart in size"}};

/// Whether set_precision() would take it.
bool supports_precision(Device device, kernels::Precision precision);

/// Sets to what a CUDA device rounds the operands of matrix products and convolutions (fp32 at first). Throws
/// UsageError for another device, DeviceError for a CUDA device that has only fp32.
void set_precision(Device device, kernels::Precision precision);

/// Sets how later convolutions of the CPU are computed (fast at first). Does nothing on other devices: sinter's own
/// kernels there take plain sums.
void set_convolution_method(Device device, kernels::ConvolutionMethod method);

/// Sets whose kernels a CUDA device runs: sinter's own (at first) or, for the operations they have, cuBLAS's and
/// cuDNN's. Throws UsageError for another device and the vendor's engine, DeviceError where its libraries are not to be
/// had.
void set_engine(Device device, kernels::Engine engine);

}  // namespace sinter
