// One sum over many elements, in one launch: a block adds up a tile, and the block that finishes last adds up the
// blocks' sums in their order. The cut follows from the number of elements alone, so the bits do not depend on the
// device.
#pragma once

#include <algorithm>

#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/block_sum.cuh"
#include "kernels/cuda/toolbox/quad.cuh"

namespace sinter::kernels {

/// What a summing kernel knows of its grid. A thread's elements are quads, from first() on and step() apart:
///     for (Index i = grid.first(); i < grid.end(); i += grid.step())
struct SumGrid {
    Index count;  ///< all elements
    Index tile;   ///< elements of a block
    float* partials;
    unsigned* counter;

    __device__ __forceinline__ Index first() const { return blockIdx.x * tile + kQuad * threadIdx.x; }
    __device__ __forceinline__ Index end() const { return min((blockIdx.x + 1) * tile, count); }
    __device__ __forceinline__ Index step() const { return kQuad * kBlock; }
};

/// Adds up `sum` over all threads of the grid. True in one of them, which then holds the total.
__device__ __forceinline__ bool sum_over_grid(float& sum, const SumGrid& grid) {
    float sums[1] = {sum};
    block_sums(sums);
    if (gridDim.x > 1) {
        if (threadIdx.x == 0) grid.partials[blockIdx.x] = sums[0];
        if (!is_last_block(grid.counter, gridDim.x)) return false;
        sums[0] = 0;
        for (unsigned block = threadIdx.x; block < gridDim.x; block += kBlock) sums[0] += grid.partials[block];
        block_sums(sums);
    }
    sum = sums[0];
    return threadIdx.x == 0;
}

/// Launches kernel(arguments..., SumGrid) for a sum over `count` elements. There is a block even for none: it writes
/// the zero.
template <auto kernel, class... Arguments>
void launch_sum(CudaQueue& queue, Index count, Arguments... arguments) {
    constexpr Index kMaxBlocks = 1024;  // enough to fill a device, few enough for one block to add up
    const Index tile = std::max<Index>(1, parts(count, kMaxBlocks * kQuad * kBlock)) * kQuad * kBlock;
    const Index blocks = std::max<Index>(1, parts(count, tile));
    const CudaScratch partials(queue, static_cast<std::size_t>(blocks) * sizeof(float));
    launch<kernel>(queue, static_cast<unsigned>(blocks), kBlock, 0, arguments...,
                   SumGrid{count, tile, partials.as<float>(), queue.counters(1)});
}

}  // namespace sinter::kernels
