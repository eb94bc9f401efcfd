#include "core/device.h"

namespace sinter {

Device::Context::Context(const char* device_name, Queue device_queue)
    : name(device_name),
      queue(std::move(device_queue)),
      memory([this](std::size_t bytes) { return std::visit([&](auto& own) { return own.allocate(bytes); }, queue); },
             [this](void* data) { std::visit([&](auto& own) { own.release(data); }, queue); }) {}

Device::Context& Device::cpu_context() {
    // Never destroyed: tensors with static lifetime may outlive every other object of the process.
    static Context& context = *new Context("cpu", kernels::CpuQueue());
    return context;
}

Device Device::cpu() { return Device(&cpu_context()); }

Device Device::reference() {
    static Context& context = *new Context("reference", kernels::RefQueue<double>());
    return Device(&context);
}

std::size_t Device::element_bytes() const {
    return run([](auto& queue) { return sizeof(RealOf<decltype(queue)>); });
}

void set_cpu_threads(int threads) {
    std::get<kernels::CpuQueue>(Device::cpu_context().queue) = kernels::CpuQueue(threads);
}

int cpu_threads() { return std::get<kernels::CpuQueue>(Device::cpu_context().queue).threads(); }

}  // namespace sinter
