// The one way to launch a kernel.
#pragma once

#include <string>
#include <string_view>

#include "kernels/cuda/runtime/device.cuh"
#include "kernels/cuda/runtime/error.h"
#include "kernels/runtime/queue.h"

namespace sinter::kernels {

/// The name of a kernel as the compiler spells it, without its namespaces.
template <auto kernel>
std::string_view kernel_name() {
    std::string_view name = __PRETTY_FUNCTION__;
    name.remove_prefix(name.find("kernel = ") + 9);
    name = name.substr(0, name.find_first_of(";]"));
    const std::size_t arguments = name.find('<');
    const std::size_t scope = name.substr(0, arguments).rfind("::");
    return scope == std::string_view::npos ? name : name.substr(scope + 2);
}

namespace launch_detail {

template <class... Parameters, class... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), const cudaLaunchConfig_t& config, Arguments... arguments) {
    // The runtime copies what the kernel declares, so every argument takes the type of its parameter first.
    return cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...);
}

}  // namespace launch_detail

/// Starts `kernel` on the queue's stream with `shared_bytes` of dynamic shared memory for each block:
///     launch<add_kernel>(queue, grid, block, 0, y, a, b, count);
/// An empty grid starts nothing. Throws QueueError where the device refuses the launch.
template <auto kernel, class... Arguments>
void launch(CudaQueue& queue, dim3 grid, dim3 block, std::size_t shared_bytes, Arguments... arguments) {
    if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
    const auto* const handle = reinterpret_cast<const void*>(kernel);
    [[maybe_unused]] static const bool named = (name_kernel(handle, kernel_name<kernel>()), true);
    if (shared_bytes > 0) queue.allow_shared(handle, kernel_name<kernel>(), shared_bytes);
    cudaLaunchConfig_t config = {};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = shared_bytes;
    config.stream = queue.stream();
    const cudaError_t status = launch_detail::launch(kernel, config, arguments...);
    if (status != cudaSuccess) check_cuda(status, "launching " + std::string(kernel_name<kernel>()));
}

}  // namespace sinter::kernels
