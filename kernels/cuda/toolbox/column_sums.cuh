// Sums over the rows of a matrix, a sum for every column, in one launch.
//
// A block takes a strip of columns, up to 32, and a tile of rows. Its threads stand `lanes` side by side, each with a
// quad of columns, and the rest below each other. A strip of 32 columns is a whole line of the cache in every row. In
// narrower matrices neighbouring threads have neighbouring rows, so that accesses stay dense. The block of a strip that
// finishes last adds up the tiles in their order. The cut follows from the shape alone.
#pragma once

#include <algorithm>

#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/block_sum.cuh"
#include "kernels/cuda/toolbox/quad.cuh"

namespace sinter::kernels {

/// What a kernel that sums columns knows of its grid (strips, tiles). A thread has the four columns from column() on,
/// and the rows that for_rows() walks. columns_left() of its columns exist; zero or less means none.
struct ColumnGrid {
    MatrixShape shape;
    Index tile_rows;
    int lanes;        ///< 1, 2, 4 or 8
    float* partials;  ///< for each strip, tile and kind of sum, `lanes` quads
    unsigned* counters;

    __device__ __forceinline__ int lane() const { return static_cast<int>(threadIdx.x) % lanes; }
    __device__ __forceinline__ Index column() const { return kQuad * (blockIdx.x * Index{lanes} + lane()); }
    __device__ __forceinline__ Index columns_left() const { return shape.columns - column(); }
    __device__ __forceinline__ Index first_row_of_tile(Index tile) const { return tile * tile_rows; }
    __device__ __forceinline__ Index rows_of_tile(Index tile) const {
        return min(tile_rows, shape.rows - first_row_of_tile(tile));
    }
    __device__ __forceinline__ int first_row_of_thread() const { return static_cast<int>(threadIdx.x) / lanes; }
    __device__ __forceinline__ Index first_row() const { return first_row_of_tile(blockIdx.y) + first_row_of_thread(); }
    __device__ __forceinline__ Index end_row() const {
        return first_row_of_tile(blockIdx.y) + rows_of_tile(blockIdx.y);
    }
    __device__ __forceinline__ int row_step() const { return kBlock / lanes; }

    /// Where the sums of kind k of `kinds` stand, of this thread's columns over a tile.
    __device__ __forceinline__ float* partial(Index tile, int k, int kinds) const {
        return partials + kQuad * (((blockIdx.x * Index{gridDim.y} + tile) * kinds + k) * lanes + lane());
    }
};

/// Calls use(i, load(i)) for the thread's rows of its tile, where i is the place of its columns in the matrix. It loads
/// some rows before it uses the first of them, so that more memory is on its way at once. A matrix may be changed in
/// place, so the compiler could not do that by itself.
template <class Load, class Use>
__device__ __forceinline__ void for_rows(const ColumnGrid& grid, const Load& load, const Use& use) {
    constexpr int kAtOnce = 4;
    const Index step = grid.row_step() * grid.shape.columns;
    Index left = (grid.end_row() - grid.first_row() + grid.row_step() - 1) / grid.row_step();
    Index i = grid.first_row() * grid.shape.columns + grid.column();
    for (; left >= kAtOnce; left -= kAtOnce, i += kAtOnce * step) {
        decltype(load(i)) loaded[kAtOnce];
#pragma unroll
        for (int k = 0; k < kAtOnce; ++k) loaded[k] = load(i + k * step);
#pragma unroll
        for (int k = 0; k < kAtOnce; ++k) use(i + k * step, loaded[k]);
    }
    for (; left > 0; --left, i += step) use(i, load(i));
}

/// Adds up `sums` over the tile and leaves them in grid.partial(). A thread has four sums for each of n kinds. True in
/// the block of the strip that finishes last, which sees all tiles of the strip.
template <int n>
__device__ __forceinline__ bool sum_over_tile(float (&sums)[n * kQuad], const ColumnGrid& grid) {
    block_sums(sums, grid.lanes);
    if (static_cast<int>(threadIdx.x) < grid.lanes) {
#pragma unroll
        for (int k = 0; k < n; ++k) {
            Quad quad;
#pragma unroll
            for (int j = 0; j < kQuad; ++j) quad[j] = sums[k * kQuad + j];
            store4(grid.partial(blockIdx.y, k, n), quad);
        }
    }
    return is_last_block(grid.counters + blockIdx.x, gridDim.y);
}

/// Adds up `sums` over all rows. True in the threads of the grid that then hold the sums of their columns.
template <int n>
__device__ __forceinline__ bool sum_over_rows(float (&sums)[n * kQuad], const ColumnGrid& grid) {
    if (gridDim.y == 1) {
        block_sums(sums, grid.lanes);
    } else {
        if (!sum_over_tile<n>(sums, grid)) return false;
#pragma unroll
        for (float& sum : sums) sum = 0;
        for (Index tile = grid.first_row_of_thread(); tile < gridDim.y; tile += grid.row_step()) {
#pragma unroll
            for (int k = 0; k < n; ++k) {
                const Quad quad = load4(grid.partial(tile, k, n));
#pragma unroll
                for (int j = 0; j < kQuad; ++j) sums[k * kQuad + j] += quad[j];
            }
        }
        block_sums(sums, grid.lanes);
    }
    return static_cast<int>(threadIdx.x) < grid.lanes;
}

/// to[0 .. count) = (or += if accumulate) four sums of columns
__device__ __forceinline__ void store_sums(float* to, const float* sums, Index count, bool accumulate) {
    Quad quad = accumulate ? load4(to, count) : Quad{};
#pragma unroll
    for (int j = 0; j < kQuad; ++j) quad[j] += sums[j];
    store4(to, quad, count);
}

/// How a matrix is cut: into strips of `lanes` quads of columns, and these into tiles of rows.
struct ColumnCut {
    int lanes = 1;
    Index strips, tile_rows, tiles;

    explicit ColumnCut(MatrixShape shape) {
        constexpr Index kMinPasses = 4;    // rows of a thread: less is not worth another block
        constexpr Index kMaxBlocks = 264;  // two for each multiprocessor of an H200: the last one adds up few tiles
        while (lanes < kMaxLanes && lanes * kQuad < shape.columns) lanes *= 2;
        strips = parts(shape.columns, lanes * kQuad);
        const Index rows_at_once = kBlock / lanes;
        const Index most_tiles = std::max<Index>(1, kMaxBlocks / std::max<Index>(1, strips));
        const Index passes = std::max(kMinPasses, parts(shape.rows, most_tiles * rows_at_once));
        tile_rows = passes * rows_at_once;
        tiles = std::max<Index>(1, parts(shape.rows, tile_rows));
    }
};

/// Launches kernel(arguments..., ColumnGrid), which sums `kinds` numbers for every column; with no kinds it only walks
/// the columns. There is a tile even for no rows: it writes the zeros.
template <auto kernel, int kinds, class... Arguments>
void launch_columns(CudaQueue& queue, MatrixShape shape, Arguments... arguments) {
    const ColumnCut cut(shape);
    const Index partials = cut.strips * cut.tiles * kinds * cut.lanes * kQuad;
    const CudaScratch scratch(queue, static_cast<std::size_t>(partials) * sizeof(float));
    launch<kernel>(queue, {static_cast<unsigned>(cut.strips), static_cast<unsigned>(cut.tiles)}, kBlock, 0,
                   arguments...,
                   ColumnGrid{shape, cut.tile_rows, cut.lanes, scratch.as<float>(),
                              queue.counters(static_cast<std::size_t>(cut.strips))});
}

}  // namespace sinter::kernels
