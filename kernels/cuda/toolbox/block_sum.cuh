// Sums over the threads of a warp and of a block, and the block of a grid that finishes last. All reductions are made
// of these. Each adds in an order that follows from its sizes alone, and none uses floating-point atomics.
#pragma once

#include "kernels/cuda/toolbox/quad.cuh"

namespace sinter::kernels {

/// The most columns that a block sums side by side with block_sums, in quads.
inline constexpr int kMaxLanes = 8;

/// The sum of `value` over those lanes of the warp whose numbers are equal modulo `lanes`, a power of two. The lanes
/// below `lanes` get it.
__device__ __forceinline__ float warp_sum(float value, int lanes = 1) {
    for (int distance = kWarp / 2; distance >= lanes; distance /= 2) {
        value += __shfl_down_sync(kAllLanes, value, distance);
    }
    return value;
}

/// The largest value of the warp, in all lanes. It is NaN only where there is nothing else.
__device__ __forceinline__ float warp_max(float value) {
    for (int distance = kWarp / 2; distance > 0; distance /= 2) {
        value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, distance));
    }
    return value;
}

/// The sums of n values over those threads of the block whose numbers are equal modulo `lanes`, a power of two up to
/// kMaxLanes. The threads below `lanes` get them. All threads of the block call it together.
template <int n>
__device__ __forceinline__ void block_sums(float (&values)[n], int lanes = 1) {
    constexpr int kWarps = kBlock / kWarp;
    __shared__ float of_warps[kWarps][n][kMaxLanes];
    const int warp = static_cast<int>(threadIdx.x) / kWarp, lane = static_cast<int>(threadIdx.x) % kWarp;
    __syncthreads();  // an earlier sum may still be read
#pragma unroll
    for (int k = 0; k < n; ++k) {
        values[k] = warp_sum(values[k], lanes);
        if (lane < lanes) of_warps[warp][k][lane] = values[k];
    }
    __syncthreads();
    if (static_cast<int>(threadIdx.x) >= lanes) return;
#pragma unroll
    for (int k = 0; k < n; ++k) {
#pragma unroll
        for (int w = 1; w < kWarps; ++w) values[k] += of_warps[w][k][lane];
    }
}

/// The same sums in all threads. Each gets those of its own number modulo `lanes`.
template <int n>
__device__ __forceinline__ void block_totals(float (&values)[n], int lanes) {
    __shared__ float totals[n][kMaxLanes];
    block_sums(values, lanes);
    const int thread = static_cast<int>(threadIdx.x);
    if (thread < lanes) {
#pragma unroll
        for (int k = 0; k < n; ++k) totals[k][thread] = values[k];
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < n; ++k) values[k] = totals[k][thread % lanes];
}

/// True in the threads of the block that comes last of the `blocks` that share *counter. That block sees all that the
/// others wrote before. The counter is zero before and after. All threads of the block call it together. `last` is
/// shared memory that carries the answer.
__device__ __forceinline__ bool is_last_block(unsigned* counter, unsigned blocks, bool& last) {
    // One thread's fences serve all: a fence orders also what a barrier brought its thread from the others, and what a
    // barrier hands on (PTX ISA, "Memory Consistency Model": causality order is transitive). Each fence costs a
    // multiprocessor hundreds of clocks.
    __syncthreads();
    if (threadIdx.x == 0) {
        __threadfence();  // what the block wrote comes before the count that says so
        last = atomicInc(counter, blocks - 1) == blocks - 1;
        __threadfence();  // and what it reads comes after all counts
    }
    __syncthreads();
    return last;
}

__device__ __forceinline__ bool is_last_block(unsigned* counter, unsigned blocks) {
    __shared__ bool last;
    return is_last_block(counter, blocks, last);
}

}  // namespace sinter::kernels
