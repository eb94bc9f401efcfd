// The tensor cores: a warp multiplies small matrices together (mma.sync), and loads them from shared memory (ldmatrix).
// Layouts are those of the PTX ISA, "Matrix multiply-accumulate operation using mma instruction", with
//   g = lane / 4, t = lane % 4:
//   C and D  16x8  c[0..3]: (g, 2t) (g, 2t+1) (g+8, 2t) (g+8, 2t+1)
//   TF32  A  16x8  a[0..3]: (g, t) (g+8, t) (g, t+4) (g+8, t+4)       B  8x8   b[0..1]: (t, g) (t+4, g)
//   bf16  A  16x16 a[0..3]: (g, 2t) (g+8, 2t) (g, 2t+8) (g+8, 2t+8)   B  16x8  b[0..1]: (2t, g) (2t+8, g)
// where a bf16 register holds that element and, in its upper half, the next one along the sum. Tensor cores need
// compute capability 8.0; a launcher does not choose them on an older device.
#pragma once

#include "kernels/cuda/runtime/device.cuh"

#ifdef SINTER_CUDA_EMULATED
#include "kernels/emu/language/matrix_unit.h"
#endif

namespace sinter::kernels {

/// The nearest number with a mantissa of 10 bits, as the bits of a float. Ties go to the even one from compute
/// capability 9.0 on, which has an instruction for that, and away from zero before.
__device__ __forceinline__ std::uint32_t to_tf32(float value) {
#ifdef SINTER_CUDA_EMULATED
    return emu::to_tf32(value);
#else
    std::uint32_t bits = 0;
#if __CUDA_ARCH__ >= 900
    asm("cvt.rn.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
#elif __CUDA_ARCH__ >= 800
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
#else
    __trap();
#endif
    return bits;
#endif
}

/// Two numbers as bf16, `low` in the lower half.
__device__ __forceinline__ std::uint32_t pack_bf16(float low, float high) {
#if !defined(SINTER_CUDA_EMULATED) && __CUDA_ARCH__ >= 800
    std::uint32_t pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
#else
    return __bfloat16_as_ushort(__float2bfloat16_rn(low)) |
           static_cast<std::uint32_t>(__bfloat16_as_ushort(__float2bfloat16_rn(high))) << 16;
#endif
}

/// c += A B for 16x8 times 8x8: products of TF32 numbers, summed in float32. All lanes of the warp call it together.
__device__ __forceinline__ void multiply_add_tf32(float (&c)[4], const std::uint32_t (&a)[4],
                                                  const std::uint32_t (&b)[2]) {
#ifdef SINTER_CUDA_EMULATED
    emu::multiply_add_tf32(c, a, b);
#elif __CUDA_ARCH__ >= 800
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    __trap();
#endif
}

/// c += A B for 16x16 times 16x8: products of bf16 numbers, summed in float32. All lanes of the warp call it together.
__device__ __forceinline__ void multiply_add_bf16(float (&c)[4], const std::uint32_t (&a)[4],
                                                  const std::uint32_t (&b)[2]) {
#ifdef SINTER_CUDA_EMULATED
    emu::multiply_add_bf16(c, a, b);
#elif __CUDA_ARCH__ >= 800
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    __trap();
#endif
}

/// Loads four 8x4 matrices from shared memory. Lane 8m + r gives the address of row r of matrix m, aligned to 16 bytes;
/// lane 4r + t receives element t of row r in x[m]. (ldmatrix is made for 8x8 matrices of 16-bit numbers. It gives a
/// lane two neighbours of these, which are the halves of one float here.)
__device__ __forceinline__ void load_matrices(float (&x)[4], const float* row) {
#ifdef SINTER_CUDA_EMULATED
    emu::load_matrices(x, row);
#elif __CUDA_ARCH__ >= 750
    const auto from = static_cast<unsigned>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=f"(x[0]), "=f"(x[1]), "=f"(x[2]), "=f"(x[3])
                 : "r"(from)
                 : "memory");
#endif
}

}  // namespace sinter::kernels
