// Sums on the device. Limiter: memory, four bytes read for every element; small sums wait for the launch.
#include "kernels/reduce.h"

#include <cfloat>

#include "kernels/cuda/toolbox/column_sums.cuh"
#include "kernels/cuda/toolbox/grid_sum.cuh"

namespace sinter::kernels {
namespace {

__global__ void __launch_bounds__(kBlock)
    sum_all_kernel(float* to, const float* x, float scale, bool accumulate, SumGrid grid) {
    float sum = 0;
    for (Index i = grid.first(); i < grid.end(); i += grid.step()) {
        const Quad quad = load4(x + i, grid.count - i);
        sum += (quad[0] + quad[1]) + (quad[2] + quad[3]);
    }
    if (sum_over_grid(sum, grid)) *to = accumulate ? __fmaf_rn(scale, sum, *to) : scale * sum;
}

__global__ void __launch_bounds__(kBlock) sum_squares_kernel(float* to, const float* x, SumGrid grid) {
    float sum = 0;
    for (Index i = grid.first(); i < grid.end(); i += grid.step()) {
        const Quad quad = load4(x + i, grid.count - i);
#pragma unroll
        for (int j = 0; j < kQuad; ++j) sum = __fmaf_rn(quad[j], quad[j], sum);
    }
    if (sum_over_grid(sum, grid)) *to = sum;
}

__global__ void __launch_bounds__(kBlock) sum_rows_kernel(float* to, const float* x, bool accumulate, ColumnGrid grid) {
    float sums[kQuad] = {};
    const Index left = grid.columns_left();
    for_rows(
        grid, [&](Index i) { return load4(x + i, left); },
        [&](Index, const Quad& quad) {
#pragma unroll
            for (int j = 0; j < kQuad; ++j) sums[j] += quad[j];
        });
    if (sum_over_rows<1>(sums, grid)) store_sums(to + grid.column(), sums, grid.columns_left(), accumulate);
}

/// This thread's share of a row that `threads` threads sum together.
__device__ __forceinline__ float sum_share(const float* row, Index columns, int thread, int threads) {
    float sum = 0;
    for (Index c = kQuad * thread; c < columns; c += kQuad * threads) {
        const Quad quad = load4(row + c, columns - c);
        sum += (quad[0] + quad[1]) + (quad[2] + quad[3]);
    }
    return sum;
}

/// A warp sums a row.
__global__ void __launch_bounds__(kBlock)
    sum_narrow_columns_kernel(float* sums, const float* x, MatrixShape shape, bool accumulate) {
    const Index row = thread_of_grid() / kWarp;
    if (row >= shape.rows) return;
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    const float sum = warp_sum(sum_share(x + row * shape.columns, shape.columns, lane, kWarp));
    if (lane == 0) sums[row] = accumulate ? sums[row] + sum : sum;
}

/// A block sums a row.
__global__ void __launch_bounds__(kBlock)
    sum_wide_columns_kernel(float* sums, const float* x, Index columns, bool accumulate) {
    const Index row = blockIdx.x;
    float sum[1] = {sum_share(x + row * columns, columns, static_cast<int>(threadIdx.x), kBlock)};
    block_sums(sum);
    if (threadIdx.x == 0) sums[row] = accumulate ? sums[row] + sum[0] : sum[0];
}

/// *index, at first all ones, is lowered as an unsigned number: a minimum is the same in any order.
__global__ void __launch_bounds__(kBlock)
    find_nonfinite_kernel(unsigned long long* index, const float* x, Index count) {
    const Index i = kQuad * thread_of_grid();
    const Quad quad = load4(x + i, count - i);
    Index found = -1;
#pragma unroll
    for (int j = kQuad - 1; j >= 0; --j) {
        if (!(fabsf(quad[j]) <= FLT_MAX)) found = i + j;
    }
    // One atomic for a warp: where a step diverged, all numbers may be NaN.
    const unsigned finders = __ballot_sync(kAllLanes, found >= 0);
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    if (finders != 0 && lane == __ffs(static_cast<int>(finders)) - 1) {
        atomicMin(index, static_cast<unsigned long long>(found));
    }
}

}  // namespace

void sum_all(CudaQueue& queue, Real* sum, const Real* x, Index count, double scale, bool accumulate) {
    launch_sum<sum_all_kernel>(queue, count, sum, x, static_cast<float>(scale), accumulate);
}

void sum_squares(CudaQueue& queue, Real* sum, const Real* x, Index count) {
    launch_sum<sum_squares_kernel>(queue, count, sum, x);
}

void sum_rows(CudaQueue& queue, Real* sums, const Real* x, MatrixShape shape, bool accumulate) {
    launch_columns<sum_rows_kernel, 1>(queue, shape, sums, x, accumulate);
}

void sum_columns(CudaQueue& queue, Real* sums, const Real* x, MatrixShape shape, bool accumulate) {
    constexpr Index kWide = 1024;  // from here on a block has a quad for each of its threads
    if (shape.columns < kWide) {
        launch<sum_narrow_columns_kernel>(queue, blocks_for(shape.rows * kWarp), kBlock, 0, sums, x, shape, accumulate);
    } else {
        launch<sum_wide_columns_kernel>(queue, static_cast<unsigned>(shape.rows), kBlock, 0, sums, x, shape.columns,
                                        accumulate);
    }
}

void find_nonfinite(CudaQueue& queue, Index* index, const Real* x, Index count) {
    check_cuda(cudaMemsetAsync(index, 0xff, sizeof(Index), queue.stream()), "clearing an index");
    launch<find_nonfinite_kernel>(queue, blocks_for(parts(count, kQuad)), kBlock, 0,
                                  reinterpret_cast<unsigned long long*>(index), x, count);
}

}  // namespace sinter::kernels
