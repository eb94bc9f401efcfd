#include "core/device.h"

#include <map>

#include "core/check.h"

namespace sinter {

Device::Context::Context(std::string device_name, Queue device_queue)
    : name(std::move(device_name)), queue(std::move(device_queue)), own_memory(new_pool()), memory(own_memory) {}

Ref<MemoryPool> Device::Context::new_pool() {
    return Ref<MemoryPool>(new MemoryPool(
        [this](std::size_t bytes) { return Device(this).run([&](auto& own) { return own.allocate(bytes); }); },
        [this](void* data) { std::visit([&](auto& own) { own.release(data); }, queue); }));
}

// Contexts are never destroyed: tensors with static lifetime may outlive every other object of the process.

Device::Context& Device::cpu_context() {
    static Context& context = *new Context("cpu", kernels::CpuQueue());
    return context;
}

Device Device::cpu() { return Device(&cpu_context()); }

Device Device::reference() {
    static Context& context = *new Context("reference", kernels::RefQueue<double>());
    return Device(&context);
}

#ifdef SINTER_HAS_CUDA

int Device::cuda_devices(std::string* why_none) { return kernels::CudaQueue::devices(why_none); }
bool Device::cuda_is_emulated() { return kernels::CudaQueue::emulated(); }

Device Device::cuda(int index) {
    static auto& contexts = *new std::map<int, Context*>();
    std::string why_none;
    const int count = cuda_devices(&why_none);
    if (count == 0) throw DeviceError("no CUDA device: " + why_none);
    if (index < 0 || index >= count)
        throw DeviceError(fmt::format("there is no CUDA device {}; this machine has 0 to {}", index, count - 1));
    Context*& context = contexts[index];
    try {
        if (!context) context = new Context(fmt::format("cuda:{}", index), kernels::CudaQueue(index));
    } catch (const kernels::QueueError& failure) {
        fail(failure);
    }
    return Device(context);
}

#else

int Device::cuda_devices(std::string* why_none) {
    if (why_none)
        *why_none =
            "this build of sinter has no CUDA; ./run builds it where there are an NVIDIA GPU and nvcc, CMake with "
            "-DSINTER_CUDA=ON";
    return 0;
}

bool Device::cuda_is_emulated() { return false; }

Device Device::cuda(int) {
    std::string why_none;
    cuda_devices(&why_none);
    throw DeviceError("no CUDA device: " + why_none);
}

#endif

std::string Device::description() const {
    return run([&](auto& queue) {
        if constexpr (requires { queue.device_name(queue.device()); })
            return fmt::format("{} ({})", context_->name, queue.device_name(queue.device()));
        else
            return context_->name;
    });
}

std::size_t Device::element_bytes() const {
    return run([](auto& queue) { return sizeof(RealOf<decltype(queue)>); });
}

void Device::fail(const kernels::QueueError& failure) { throw DeviceError(failure.what()); }

MemoryScope::MemoryScope(Device device, Ref<MemoryPool>& pool) : device_(device), before_(device.context_->memory) {
    if (!pool) pool = device.context_->new_pool();
    device_.context_->memory = pool;
}

MemoryScope::MemoryScope(Device device) : device_(device), before_(device.context_->memory) {
    device_.context_->memory = device_.context_->own_memory;
}

MemoryScope::~MemoryScope() { device_.context_->memory = before_; }

void set_cpu_threads(int threads) {
    auto& queue = std::get<kernels::CpuQueue>(Device::cpu_context().queue);
    const kernels::ConvolutionMethod method = queue.convolution_method();
    queue = kernels::CpuQueue(threads);
    queue.set_convolution_method(method);
}

int cpu_threads() { return std::get<kernels::CpuQueue>(Device::cpu_context().queue).threads(); }

bool supports_precision(Device device, kernels::Precision precision) {
    return device.run([&](auto& queue) {
        if constexpr (requires { queue.supports(precision); })
            return queue.supports(precision);
        else
            return precision == kernels::Precision::fp32;
    });
}

void set_precision(Device device, kernels::Precision precision) {
    device.run([&](auto& queue) {
        if constexpr (requires { queue.set_precision(precision); })
            queue.set_precision(precision);
        else
            require(precision == kernels::Precision::fp32,
                    "[precision] {} computes in one precision, its own; tf32 and "
                    "bf16 need a CUDA device",
                    device.name());
    });
}

void set_convolution_method(Device device, kernels::ConvolutionMethod method) {
    device.run([&](auto& queue) {
        if constexpr (requires { queue.set_convolution_method(method); }) queue.set_convolution_method(method);
    });
}

void set_engine(Device device, kernels::Engine engine) {
    device.run([&](auto& queue) {
        if constexpr (requires { queue.set_engine(engine); })
            queue.set_engine(engine);
        else
            require(engine == kernels::Engine::own,
                    "[engine] {} has sinter's own kernels only; cuBLAS and cuDNN need a "
                    "CUDA device",
                    device.name());
    });
}

}  // namespace sinter
