// The tiled product: one kernel for dense layers and convolutions, their gradients included.
//
// A block owns a tile of C, or a share of the depth of one. It copies stages of its operands to shared memory
// asynchronously: kStages - 1 of them are under way while it multiplies one. There is one barrier a stage. The tile
// then goes through shared memory once more, so that C is read and written in whole rows, and meets its epilogue on the
// way.
//
// Blocks that share a tile write their sums to scratch memory. The block that finishes last adds them up, always in the
// order of the depth, and goes on as if they were its own. The sum does not depend on who came last, and no second
// launch is needed.
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/cuda/product/gemm_product.h"
#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/activation.cuh"
#include "kernels/cuda/toolbox/block_sum.cuh"
#include "kernels/cuda/toolbox/quad.cuh"

namespace sinter::kernels {

/// How the blocks of a launch share the tiles.
struct BlockSharing {
    int column_tiles = 1;
    float4* partial_sums = nullptr;  ///< [product, tile, split, quad, thread]
    unsigned* counters = nullptr;    ///< [product, tile], zero before and after
};

/// Shared memory: the stages, then where the patches of A and of B begin.
template <class Tile>
inline constexpr std::size_t kSharedBytes = Tile::kStages* Tile::kStageFloats * sizeof(float) +
                                            (Tile::kRows + Tile::kColumns) * sizeof(PatchOrigin);

/// Whether the operands are those of a dense layer's weight gradient, for which there is ColumnSums.
template <class A, class B>
inline constexpr bool kHasColumnSums = std::is_same_v<A, Columns>&& std::is_same_v<B, Columns>;

/// Where the patches of an operand begin. A block notes those of a stage while it copies the stage before, so there are
/// two sets in turn.
template <class Operand>
__device__ __forceinline__ PatchOrigin* origins_of_stage(PatchOrigin* origins, int stage) {
    return Operand::kPreparesStages ? origins + stage % 2 * kDepth : origins;
}

/// sums += A B over stages [begin, end) of the depth.
template <class Tile, class Multiplier, class A, class B>
__device__ __forceinline__ void sum_stages(Sums<Tile>& sums, float* shared, const Product<A, B>& product, int first_row,
                                           int first_column, int begin, int end) {
    constexpr int kRows = Tile::kRows, kColumns = Tile::kColumns, kThreads = Tile::kThreads, kStages = Tile::kStages;
    static_assert(kRows >= 2 * kDepth && !B::kPreparesStages, "room for the origins of two stages of A");
    auto* const origins_a = reinterpret_cast<PatchOrigin*>(shared + kStages * Tile::kStageFloats);
    auto* const origins_b = origins_a + kRows;
    const auto prepare_stage = [&](int stage) {
        if constexpr (A::kPreparesStages)
            product.a.template prepare<kRows, kThreads>(origins_of_stage<A>(origins_a, stage), stage * kDepth);
    };
    const auto load = [&](int stage) {
        if (stage < end) {
            float* const slot = shared + (stage - begin) % kStages * Tile::kStageFloats;
            product.a.template load<kRows, kThreads>(slot, origins_of_stage<A>(origins_a, stage), first_row,
                                                     stage * kDepth);
            product.b.template load<kColumns, kThreads>(slot + kRows * kDepth, origins_b, first_column, stage * kDepth);
        }
        commit_async_copies();  // an empty group, too, so that the count of groups is that of stages
    };
    if constexpr (!A::kPreparesStages) product.a.template prepare<kRows, kThreads>(origins_a, first_row);
    product.b.template prepare<kColumns, kThreads>(origins_b, first_column);
    prepare_stage(begin);
    __syncthreads();
    for (int stage = begin; stage < begin + kStages - 1; ++stage) {
        load(stage);
        prepare_stage(stage + 1);
        if constexpr (A::kPreparesStages) __syncthreads();
    }
    for (int stage = begin; stage < end; ++stage) {
        wait_async_copies<kStages - 2>();
        __syncthreads();  // this stage is there for all, and the one before has been read by all
        load(stage + kStages - 1);
        prepare_stage(stage + kStages);
        const float* const slot = shared + (stage - begin) % kStages * Tile::kStageFloats;
        using LayoutA = typename A::template Layout<kRows>;
        using LayoutB = typename B::template Layout<kColumns>;
        Multiplier::template multiply<LayoutA, LayoutB>(sums, slot, slot + kRows * kDepth);
    }
    wait_async_copies<0>();
    __syncthreads();  // shared memory is free
}

/// Leaves this block's sums in scratch memory. Returns true only in the block that comes last, which then has the sums
/// of all.
template <class Tile>
__device__ __forceinline__ bool gather_sums(Sums<Tile>& sums, float* shared, const BlockSharing& sharing) {
    const unsigned tile = blockIdx.z * gridDim.x + blockIdx.x, splits = gridDim.y;
    constexpr int kSplitQuads = Tile::kQuads * Tile::kThreads;
    float4* const of_tile = sharing.partial_sums + static_cast<std::size_t>(tile) * splits * kSplitQuads + threadIdx.x;
    float4* const mine = of_tile + static_cast<std::size_t>(blockIdx.y) * kSplitQuads;
#pragma unroll
    for (int q = 0; q < Tile::kQuads; ++q) {
        __stcg(mine + q * Tile::kThreads, make_float4(sums[q][0], sums[q][1], sums[q][2], sums[q][3]));
    }
    // The flag lies where the stages were. A static one would add to the shared memory of a block, and three medium
    // tiles take all 228 KB that a multiprocessor of Hopper has.
    const bool is_last = is_last_block(sharing.counters + tile, splits, *reinterpret_cast<bool*>(shared));
    __syncthreads();  // shared memory is free again
    if (!is_last) return false;
    const auto add = [&](const float4* from, auto is_first) {
#pragma unroll
        for (int q = 0; q < Tile::kQuads; ++q) {
            const float4 four = __ldcg(from + q * Tile::kThreads);
            const float terms[4] = {four.x, four.y, four.z, four.w};
#pragma unroll
            for (int e = 0; e < 4; ++e) sums[q][e] = is_first ? terms[e] : sums[q][e] + terms[e];
        }
    };
    add(of_tile, std::true_type{});
#pragma unroll 1
    for (unsigned split = 1; split < splits; ++split) {
        add(of_tile + static_cast<std::size_t>(split) * kSplitQuads, std::false_type{});
    }
    return true;
}

/// C = f(accumulate * C + tile + bias), `width` neighbours at a time.
template <class Tile, int width, class A, class B>
__device__ __forceinline__ void finish(const float* tile, int row_stride, const Product<A, B>& product, int first_row,
                                       int first_column, const Epilogue<float>& epilogue) {
    constexpr int kAcross = Tile::kColumns / width;
    struct alignas(sizeof(float) * width) Numbers {
        float v[width];
    };
    with_function(epilogue.activation, [&](const auto& f) {
#pragma unroll 1
        for (int i = static_cast<int>(threadIdx.x); i < Tile::kRows * kAcross; i += Tile::kThreads) {
            const int row = i / kAcross, column = i % kAcross * width;
            if (first_row + row >= product.m || first_column + column >= product.n) continue;
            float* const c = product.c.row(first_row + row) + first_column + column;
            Numbers values = *reinterpret_cast<const Numbers*>(tile + row * row_stride + column);
            if (epilogue.accumulate) {
                const Numbers old = *reinterpret_cast<const Numbers*>(c);
#pragma unroll
                for (int e = 0; e < width; ++e) values.v[e] += old.v[e];
            }
#pragma unroll
            for (int e = 0; e < width; ++e) {
                if (epilogue.bias) values.v[e] += epilogue.bias[first_column + column + e];
                values.v[e] = f(values.v[e]);
            }
            *reinterpret_cast<Numbers*>(c) = values;
        }
    });
}

/// The blocks of one plane of the grid write the column sums, in strips of 32 columns in turn.
template <int threads>
__device__ __forceinline__ void sum_columns_of(const Columns& b, const ColumnSums& column_sums, float* shared) {
    constexpr int kAcross = kWarp / kQuad, kRowsAtOnce = threads / kAcross;
    const int thread = static_cast<int>(threadIdx.x);
    const int block = static_cast<int>(blockIdx.y * gridDim.x + blockIdx.x);
    for (int strip = block * kWarp; strip < b.sides; strip += static_cast<int>(gridDim.x * gridDim.y) * kWarp) {
        const int first_column = strip + thread % kAcross * kQuad;
        Quad sum = {};
#pragma unroll 4
        for (int row = thread / kAcross; row < b.depth; row += kRowsAtOnce) {
            const Quad quad =
                load4(b.data + static_cast<long long>(row) * b.sides + first_column, b.sides - first_column);
#pragma unroll
            for (int j = 0; j < kQuad; ++j) sum[j] += quad[j];
        }
        *reinterpret_cast<Quad*>(shared + thread * kQuad) = sum;
        __syncthreads();
        if (thread < kWarp && strip + thread < b.sides) {
            float* const to = column_sums.to + strip + thread;
            float total = column_sums.accumulate ? *to : 0;
            for (int row = 0; row < kRowsAtOnce; ++row) total += shared[row * kWarp + thread];
            *to = total;
        }
        __syncthreads();  // the next strip's sums go to the same place
    }
}

/// Grid: tiles of C, splits of the depth, products and a plane for the column sums where somebody wants them.
template <class Tile, class Multiplier, class A, class B>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocksAtOnce)
    tiled_product_kernel(const __grid_constant__ ProductGroup<A, B> group, const Epilogue<float> epilogue,
                         const BlockSharing sharing, const ColumnSums column_sums) {
    if constexpr (kHasColumnSums<A, B>) {
        if (static_cast<int>(blockIdx.z) == group.count) {
            return sum_columns_of<Tile::kThreads>(group.products[0].b, column_sums, dynamic_shared<float>());
        }
    }
    // Where a group is always one product, its address is one that the compiler knows.
    const Product<A, B>& product = group.products[kMaxProducts<A, B> > 1 ? blockIdx.z : 0];
    const int tile = static_cast<int>(blockIdx.x);
    const int row_tile = tile / sharing.column_tiles;
    const int first_row = row_tile * Tile::kRows;
    const int first_column = (tile - row_tile * sharing.column_tiles) * Tile::kColumns;
    if (first_row >= product.m) return;  // another product of the group has more rows

    const int stages = (product.k + kDepth - 1) / kDepth;
    const auto split = [&](unsigned i) { return static_cast<int>(static_cast<long long>(stages) * i / gridDim.y); };
    auto* const shared = dynamic_shared<float>();
    Sums<Tile> sums = {};
    sum_stages<Tile, Multiplier>(sums, shared, product, first_row, first_column, split(blockIdx.y),
                                 split(blockIdx.y + 1));
    if (gridDim.y > 1 && !gather_sums<Tile>(sums, shared, sharing)) return;

    constexpr int kRowStride = Tile::kColumns + Multiplier::kRowPadding;
    static_assert(Tile::kRows * kRowStride <= Tile::kStages * Tile::kStageFloats, "C goes where the stages were");
    Multiplier::store(sums, shared, kRowStride);
    __syncthreads();
    if (product.c.in_fours) {
        finish<Tile, 4>(shared, kRowStride, product, first_row, first_column, epilogue);
    } else {
        finish<Tile, 1>(shared, kRowStride, product, first_row, first_column, epilogue);
    }
}

using HugeTile = Tile<256, 128, 64, 64, 3, 1>;  // on tensor cores
using LargeTile = Tile<128, 128, 64, 32, 4, 1>;
using MediumTile = Tile<128, 64, 64, 32, 3, 3>;
using SmallTile = Tile<64, 32, 32, 16, 4, 4>;

template <class Tile, class Multiplier, class A, class B>
void launch_products(CudaQueue& queue, const ProductGroup<A, B>& group, const ProductSize& size, int splits,
                     const Epilogue<float>& epilogue, const ColumnSums& column_sums) {
    const auto tiles_of = [](int count, int side) { return static_cast<unsigned>((count + side - 1) / side); };
    const unsigned column_tiles = tiles_of(size.n, Tile::kColumns);
    const dim3 grid(tiles_of(size.m, Tile::kRows) * column_tiles, static_cast<unsigned>(splits),
                    static_cast<unsigned>(size.count + (column_sums.to ? 1 : 0)));
    const auto tiles = std::size_t{grid.x} * static_cast<unsigned>(size.count);
    const auto partial_floats = splits > 1 ? tiles * grid.y * Tile::kRows * Tile::kColumns : 0;
    const CudaScratch scratch(queue, partial_floats * sizeof(float));
    launch<tiled_product_kernel<Tile, Multiplier, A, B>>(
        queue, grid, Tile::kThreads, kSharedBytes<Tile>, group, epilogue,
        BlockSharing{static_cast<int>(column_tiles), scratch.as<float4>(),
                     splits > 1 ? queue.counters(tiles) : nullptr},
        column_sums);
}

template <class A, class B>
void tiled_products(CudaQueue& queue, const ProductGroup<A, B>& group, const Epilogue<float>& epilogue,
                    const ColumnSums& column_sums) {
    ProductSize size;
    size.count = group.count;
    for (int i = 0; i < group.count; ++i) {
        size.m = std::max(size.m, group.products[i].m);
        size.n = std::max(size.n, group.products[i].n);
        size.k = std::max(size.k, group.products[i].k);
    }
    if (size.m == 0 || size.n == 0) return;
    const ProductPlan plan = plan_product(size, queue.precision(), queue.shared_limit());
    const auto with_tile = [&]<class Tile>(Tile) {
        with_multiplier<Tile>(queue.precision(), [&]<class Multiplier>(Multiplier) {
            launch_products<Tile, Multiplier>(queue, group, size, plan.splits, epilogue, column_sums);
        });
    };
    switch (plan.tile) {
        case TileSize::huge:
            return with_tile(HugeTile{});
        case TileSize::large:
            return with_tile(LargeTile{});
        case TileSize::medium:
            return with_tile(MediumTile{});
        case TileSize::small:
            return with_tile(SmallTile{});
    }
}

}  // namespace sinter::kernels
