// Four neighbouring floats, as one 128-bit access moves them, and the cut of an array into such quads, one a thread.
//
// Kernels that wait for memory want few, wide accesses in flight. A warp that reads quads asks for 512 bytes at once.
#pragma once

#include "kernels/contract.h"
#include "kernels/cuda/runtime/device.cuh"

namespace sinter::kernels {

/// The threads of a block, in every kernel without matrix products: eight warps. Every device holds several such
/// blocks.
inline constexpr int kBlock = 256;
inline constexpr int kQuad = 4;

struct alignas(16) Quad {
    float v[kQuad];

    __device__ __forceinline__ float& operator[](int j) { return v[j]; }
    __device__ __forceinline__ float operator[](int j) const { return v[j]; }
};

__device__ __forceinline__ bool is_aligned(const void* address, unsigned bytes) {
    return reinterpret_cast<std::uintptr_t>(address) % bytes == 0;
}

/// The four numbers from `from` on. `count` of them exist (it may be any number); the others are zero. This is one
/// access where they all exist and are aligned. The result is the same either way.
__device__ __forceinline__ Quad load4(const float* from, Index count = kQuad) {
    if (count >= kQuad && is_aligned(from, sizeof(Quad))) {
        const float4 all = *reinterpret_cast<const float4*>(from);
        return {{all.x, all.y, all.z, all.w}};
    }
    Quad quad;
#pragma unroll
    for (int j = 0; j < kQuad; ++j) quad[j] = j < count ? from[j] : 0.0f;
    return quad;
}

/// Stores the first `count` numbers (any number), in one access where that is four and they are aligned.
__device__ __forceinline__ void store4(float* to, const Quad& quad, Index count = kQuad) {
    if (count >= kQuad && is_aligned(to, sizeof(Quad))) {
        *reinterpret_cast<float4*>(to) = make_float4(quad[0], quad[1], quad[2], quad[3]);
        return;
    }
#pragma unroll
    for (int j = 0; j < kQuad; ++j) {
        if (j < count) to[j] = quad[j];
    }
}

/// The number of quads, or other parts, that `count` elements fill.
constexpr Index parts(Index count, Index size) { return (count + size - 1) / size; }

/// The blocks that give `threads` threads.
inline dim3 blocks_for(Index threads) { return {static_cast<unsigned>(parts(threads, kBlock))}; }

/// This thread's number in a grid of one dimension.
__device__ __forceinline__ Index thread_of_grid() { return static_cast<Index>(blockIdx.x) * kBlock + threadIdx.x; }

}  // namespace sinter::kernels
