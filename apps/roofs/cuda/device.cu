#include "apps/roofs/cuda/device.h"

#include "kernels/cuda/runtime/device.cuh"
#include "kernels/cuda/runtime/error.h"

namespace sinter::bench {

CudaDevice describe_device(const kernels::CudaQueue& queue) {
    cudaDeviceProp properties;
    kernels::check_cuda(cudaGetDeviceProperties(&properties, queue.device()), "asking for the device");
    CudaDevice device;
    device.name = properties.name;
    device.compute_capability = queue.compute_capability();
    device.multiprocessors = properties.multiProcessorCount;
    device.l2_bytes = static_cast<double>(properties.l2CacheSize);
    device.memory_bytes = static_cast<double>(properties.totalGlobalMem);
    device.emulated = kernels::CudaQueue::emulated();
    return device;
}

}  // namespace sinter::bench
