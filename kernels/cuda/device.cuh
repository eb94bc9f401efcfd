// What .cu files know of the machine: the CUDA runtime, or its emulation on the CPU (kernels/emu), and what has to be
// written differently for the two. The only header that does: everything else in kernels/cuda is plain CUDA C++.
#pragma once

#ifdef SINTER_CUDA_EMULATED
#include "kernels/emu/cuda_runtime.h"
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
/// Dynamic shared memory that a block gets without asking; more is asked for by launch().
inline constexpr std::size_t kSharedWithoutAsking = 48 * 1024;

/// This block's dynamic shared memory, aligned to 16 bytes: the launch says how many bytes there are.
template <class T>
__device__ __forceinline__ T* dynamic_shared() {
#ifdef SINTER_CUDA_EMULATED
    return static_cast<T*>(emu::dynamic_shared());
#else
    extern __shared__ __align__(16) unsigned char sinter_dynamic_shared[];
    return reinterpret_cast<T*>(sinter_dynamic_shared);
#endif
}

// Asynchronous copies of 16 bytes from global to shared memory, which skip the registers: cp.async, from compute
// capability 8.0 on; before that, ordinary ones. The copies that a thread starts up to commit_async_copies() are a
// group.

/// Copies valid_bytes (0, 4, 8, 12 or 16) and sets the rest of 16 bytes to zero. Both addresses are aligned to 16
/// bytes.
__device__ __forceinline__ void copy_async16(void* shared, const void* global, int valid_bytes = 16) {
#ifdef SINTER_CUDA_EMULATED
    emu::copy_async(shared, global, 16, static_cast<std::size_t>(valid_bytes));
#elif __CUDA_ARCH__ >= 800
    const auto to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(global), "r"(valid_bytes) : "memory");
#else
    auto* to = static_cast<float*>(shared);
    const auto* from = static_cast<const float*>(global);
#pragma unroll
    for (int i = 0; i < 4; ++i) to[i] = 4 * i < valid_bytes ? from[i] : 0;
#endif
}

/// The same for 4 bytes, of which 0 or 4 are valid.
__device__ __forceinline__ void copy_async4(void* shared, const void* global, int valid_bytes = 4) {
#ifdef SINTER_CUDA_EMULATED
    emu::copy_async(shared, global, 4, static_cast<std::size_t>(valid_bytes));
#elif __CUDA_ARCH__ >= 800
    const auto to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(to), "l"(global), "r"(valid_bytes) : "memory");
#else
    *static_cast<float*>(shared) = valid_bytes > 0 ? *static_cast<const float*>(global) : 0;
#endif
}

__device__ __forceinline__ void commit_async_copies() {
#ifdef SINTER_CUDA_EMULATED
    emu::commit_async_copies();
#elif __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits until at most `remaining` of this thread's groups are under way, the youngest. What other threads copied is
/// there after a barrier that follows their wait.
template <int remaining>
__device__ __forceinline__ void wait_async_copies() {
#ifdef SINTER_CUDA_EMULATED
    emu::wait_async_copies(remaining);
#elif __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(remaining) : "memory");
#endif
}

/// Tells the emulator how its reports should call a kernel. A device knows.
inline void name_kernel([[maybe_unused]] const void* kernel, [[maybe_unused]] std::string_view name) {
#ifdef SINTER_CUDA_EMULATED
    emu::name_kernel(kernel, name);
#endif
}

}  // namespace sinter::kernels
