// What .cu files know of the machine: the CUDA runtime, or its emulation on the CPU (kernels/emu). This file,
// async_copy.cuh and matrix_unit.cuh hold all that is written differently for the two, except for the answer of
// CudaQueue::emulated(). The rest of kernels/cuda is plain CUDA C++.
#pragma once

#ifdef SINTER_CUDA_EMULATED
#include "kernels/emu/language/cuda_runtime.h"
#include "kernels/emu/memory.h"
#else
#include <cuda_bf16.h>
#include <cuda_runtime.h>
#endif

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sinter::kernels {

inline constexpr int kWarp = 32;
/// Every lane of a warp, as the mask of a shuffle or a vote.
inline constexpr unsigned kAllLanes = 0xffffffffu;

/// This block's dynamic shared memory, aligned to 16 bytes. The launch says how many bytes there are.
template <class T>
__device__ __forceinline__ T* dynamic_shared() {
#ifdef SINTER_CUDA_EMULATED
    return static_cast<T*>(emu::dynamic_shared());
#else
    extern __shared__ __align__(16) unsigned char sinter_dynamic_shared[];
    return reinterpret_cast<T*>(sinter_dynamic_shared);
#endif
}

/// Whether this is the device's memory, for code that writes it without the runtime's knowledge. Only the emulator can
/// tell.
inline bool may_be_written([[maybe_unused]] const void* to, [[maybe_unused]] std::size_t bytes) {
#ifdef SINTER_CUDA_EMULATED
    return emu::is_device_range(to, bytes);
#else
    return true;
#endif
}

/// Tells the emulator how its reports should call a kernel. A real device knows.
inline void name_kernel([[maybe_unused]] const void* kernel, [[maybe_unused]] std::string_view name) {
#ifdef SINTER_CUDA_EMULATED
    emu::name_kernel(kernel, name);
#endif
}

}  // namespace sinter::kernels
