// Devices, memory and copies of the emulated CUDA runtime.
#include <cstdlib>
#include <cstring>
#include <string>

#include "kernels/emu/language/limits.h"
#include "kernels/emu/memory.h"
#include "kernels/emu/report.h"
#include "kernels/emu/stream.h"

using namespace sinter::emu;

cudaError_t cudaGetDeviceCount(int* count) {
    *count = 1;
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
    if (device == 0) return cudaSuccess;
    return report(cudaErrorInvalidDevice, "there is one emulated device, with the number 0");
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
    if (device != 0) return cudaSetDevice(device);
    *properties = {};
    std::strcpy(properties->name, "emulated CUDA device");
    properties->major = kComputeMajor;
    properties->minor = kComputeMinor;
    properties->multiProcessorCount = kMultiprocessors;
    properties->l2CacheSize = kL2Bytes;
    properties->maxThreadsPerBlock = static_cast<int>(kMaxThreads);
    properties->totalGlobalMem = device_bytes_total();
    properties->sharedMemPerBlock = kSharedBytesUnasked;
    properties->sharedMemPerBlockOptin = kMaxSharedBytes;
    return cudaSuccess;
}

cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t stream) {
    if (const cudaError_t refused = refuse_in_capture(stream, "allocated")) return refused;
    *memory = allocate_device(bytes);
    if (*memory) return cudaSuccess;
    return report(cudaErrorMemoryAllocation, "the emulated device has no " + std::to_string(bytes) + " bytes left");
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
    return enqueue_outside_of_capture(stream, "freed", [memory] {
        if (!memory || free_device(memory)) return cudaSuccess;
        return report(cudaErrorInvalidValue, "the address that is freed was not allocated, or was freed before");
    });
}

cudaError_t cudaMallocHost(void** memory, std::size_t bytes) {
    *memory = allocate_pinned(bytes);
    return *memory ? cudaSuccess : report(cudaErrorMemoryAllocation, "the host has no memory left");
}

cudaError_t cudaFreeHost(void* memory) {
    free_pinned(memory);
    return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    return enqueue(stream, cudaGraphNodeTypeMemcpy, "copy", [=] {
        const auto check = [&](const void* address, bool device, const char* end) {
            if (kind == cudaMemcpyDefault || bytes == 0) return cudaSuccess;
            if (device && !is_device_range(address, bytes)) {
                return report(cudaErrorInvalidValue, "a copy of " + std::to_string(bytes) + " bytes " + end +
                                                         " device memory does not lie within one allocation");
            }
            if (!device && is_device_pointer(address)) {
                return report(cudaErrorInvalidValue,
                              std::string("a copy ") + end + " host memory was given device memory");
            }
            return cudaSuccess;
        };
        const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
        const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
        if (const cudaError_t refused = check(to, to_device, "to")) return refused;
        if (const cudaError_t refused = check(from, from_device, "from")) return refused;
        const OpenMemory open;
        if (bytes > 0) std::memmove(to, from, bytes);
        return cudaSuccess;
    });
}

cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
    return enqueue(stream, cudaGraphNodeTypeMemset, "fill", [=] {
        if (!is_device_range(memory, bytes)) {
            return report(cudaErrorInvalidValue, "setting " + std::to_string(bytes) +
                                                     " bytes of device memory that do not lie within one allocation");
        }
        const OpenMemory open;
        if (bytes > 0) std::memset(memory, value, bytes);
        return cudaSuccess;
    });
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    *total = device_bytes_total();
    *free = *total - device_bytes_used();
    return cudaSuccess;
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int) {
    *pool = nullptr;
    return cudaSuccess;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
