// Asynchronous copies from global to shared memory, past the registers: cp.async (PTX ISA, "Data Movement and
// Conversion Instructions: Asynchronous copy") from compute capability 8.0 on, and ordinary copies before. The copies
// that a thread starts before it calls commit_async_copies() are a group, which it can wait for.
#pragma once

#include "kernels/cuda/runtime/device.cuh"

namespace sinter::kernels {

/// Whether copies go past the registers here. Where they do not, those that are unrolled together take registers.
#if !defined(SINTER_CUDA_EMULATED) && defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
inline constexpr bool kCopiesPassRegisters = false;
#else
inline constexpr bool kCopiesPassRegisters = true;
#endif

/// Copies valid_bytes (0, 4, 8, 12 or 16) and sets the rest of 16 bytes to zero. Both addresses are aligned to 16
/// bytes.
__device__ __forceinline__ void copy_async16(void* shared, const void* global, int valid_bytes = 16) {
#ifdef SINTER_CUDA_EMULATED
    emu::copy_async(shared, global, 16, static_cast<std::size_t>(valid_bytes));
#elif __CUDA_ARCH__ >= 800
    const auto to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(global), "r"(valid_bytes) : "memory");
#else
    const auto* const from = static_cast<const float*>(global);
    float4 four = make_float4(0, 0, 0, 0);
    if (valid_bytes == 16) {
        four = *static_cast<const float4*>(global);
    } else {
        if (valid_bytes > 0) four.x = from[0];
        if (valid_bytes > 4) four.y = from[1];
        if (valid_bytes > 8) four.z = from[2];
    }
    *static_cast<float4*>(shared) = four;
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

/// Waits until at most the `remaining` youngest of this thread's groups are under way. The copies of other threads are
/// there after a barrier that follows their wait.
template <int remaining>
__device__ __forceinline__ void wait_async_copies() {
#ifdef SINTER_CUDA_EMULATED
    emu::wait_async_copies(remaining);
#elif __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(remaining) : "memory");
#endif
}

}  // namespace sinter::kernels
