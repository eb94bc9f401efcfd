// Devices: where tensors live and kernels run. A device is a queue of some backend plus a pool of its memory.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/memory.h"
#include "kernels/queue.h"

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

    /// "cpu" or "reference".
    const char* name() const { return context_->name; }

    /// Calls f with this device's queue; f is generic in the queue's type, which selects the kernels:
    ///     device.run([&](auto& queue) { kernels::add(queue, y.data(queue), a.data(queue), b.data(queue), n); });
    template <class Function>
    decltype(auto) run(Function&& f) const {
        return std::visit(std::forward<Function>(f), context_->queue);
    }

    /// Whether `queue` is this device's.
    template <class OtherQueue>
    bool owns(const OtherQueue& queue) const {
        return std::get_if<OtherQueue>(&context_->queue) == &queue;
    }

    MemoryPool& memory() const { return context_->memory; }
    /// Bytes of one tensor element.
    std::size_t element_bytes() const;

    bool operator==(const Device&) const = default;

private:
    using Queue = std::variant<kernels::CpuQueue, kernels::RefQueue<double>>;

    struct Context {
        Context(const char* device_name, Queue device_queue);
        const char* name;
        Queue queue;
        MemoryPool memory;
    };

    friend void set_cpu_threads(int threads);
    friend int cpu_threads();
    explicit Device(Context* context) : context_(context) {}
    static Context& cpu_context();

    Context* context_;
};

/// Sets the number of threads of Device::cpu(); 0 means one per available core. Results do not depend on it. To be
/// called between steps, not within one.
void set_cpu_threads(int threads);
/// The number of threads of Device::cpu().
int cpu_threads();

}  // namespace sinter
