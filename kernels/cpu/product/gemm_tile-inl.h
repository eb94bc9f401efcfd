// The innermost piece of every matrix product on the CPU: a tile of C held in registers while the depth runs by, and
// the packing that lays its operands out so that each step of the depth reads two short contiguous runs.
//
// A panel of an operand is `width` consecutive rows of op(A) (or columns of op(B)), stored depth by depth: panel[depth
// * width + i]. An A panel is at most kTileRows wide, and its elements are broadcast one by one. A B panel is one or
// two vectors wide.

#if defined(SINTER_KERNELS_CPU_PRODUCT_GEMM_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_PRODUCT_GEMM_TILE_INL_H_
#undef SINTER_KERNELS_CPU_PRODUCT_GEMM_TILE_INL_H_
#else
#define SINTER_KERNELS_CPU_PRODUCT_GEMM_TILE_INL_H_
#endif

#include <algorithm>
#include <utility>

#include "hwy/cache_control.h"
#include "kernels/cpu/toolbox/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

// The tallest tile whose accumulators (two vectors a row), two vectors of B and one of A fit the register file.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
inline constexpr int kTileRows = 14;  // 28 + 3 of 32 registers
#else
inline constexpr int kTileRows = 6;  // 12 + 3 of 16 registers
#endif
inline constexpr int kTileVectors = 2;

/// What a finished tile adds to the product before it is stored.
struct TileEpilogue {
    bool add_to_c = false;        ///< read C and add: `accumulate`, and every depth block after the first
    const float* bias = nullptr;  ///< at the tile's first column
};

/// rows[r][j] = product of an A panel [depth][kRows] and a B panel [depth][kVectors * lanes] + epilogue, for
/// j < columns <= kVectors * lanes.
template <int kRows, int kVectors>
HWY_ATTR void multiply_tile(float* const* rows, Index columns, const float* HWY_RESTRICT a, const float* HWY_RESTRICT b,
                            Index depth, const TileEpilogue& epilogue) {
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    if (epilogue.add_to_c) {
#pragma GCC unroll 16
        for (int r = 0; r < kRows; ++r) hwy::Prefetch(rows[r]);
    }
    FloatVector sum[kRows][kVectors];
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::Zero(kFloats);
    }
    for (Index d = 0; d < depth; ++d) {
        FloatVector right[kVectors];
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) right[v] = hn::Load(kFloats, b + v * lanes);
#pragma GCC unroll 16
        for (int r = 0; r < kRows; ++r) {
            const FloatVector left = hn::Set(kFloats, a[r]);
#pragma GCC unroll 2
            for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(left, right[v], sum[r][v]);
        }
        a += kRows;
        b += kVectors * lanes;
    }
    const auto finish = [&](auto access, int r, int v, FloatVector value) HWY_ATTR {
        float* to = rows[r] + v * lanes;
        if (epilogue.add_to_c) value = hn::Add(value, access.load(to));
        if (epilogue.bias) value = hn::Add(value, access.load(epilogue.bias + v * lanes));
        access.store(value, to);
    };
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) {
            const Index left = columns - v * lanes;
            if (left >= lanes)
                finish(FullVector{}, r, v, sum[r][v]);
            else if (left > 0)
                finish(PartialVector{static_cast<std::size_t>(left)}, r, v, sum[r][v]);
        }
    }
}

using TileFunction = void (*)(float* const*, Index, const float*, const float*, Index, const TileEpilogue&);

template <int kVectors, int... kRows>
constexpr TileFunction pick_tile(int rows, std::integer_sequence<int, kRows...>) {
    constexpr TileFunction table[] = {multiply_tile<kRows + 1, kVectors>...};
    return table[rows - 1];
}

/// The tile kernel for 1..kTileRows rows and 1..kTileVectors vectors.
inline TileFunction tile_function(int rows, int vectors) {
    using Rows = std::make_integer_sequence<int, kTileRows>;
    return vectors == 1 ? pick_tile<1>(rows, Rows{}) : pick_tile<2>(rows, Rows{});
}

/// panel[d * width + i] = rows[i][d] for i < count, d < depth: interleaves runs that are contiguous along the depth.
HWY_ATTR inline void interleave_rows(float* HWY_RESTRICT panel, Index width, const float* const* rows, Index count,
                                     Index depth) {
    Index d = 0;
#if HWY_TARGET != HWY_SCALAR
    // Transposes 4x4 blocks in registers; a last group of fewer than four rows overlaps its neighbour.
    const hn::CappedTag<float, 4> d4;
    const hn::Repartition<double, decltype(d4)> d2;
    if (count >= 4) {
        for (; d + 4 <= depth; d += 4) {
            for (Index i = 0; i < count; i += 4) {
                const Index first = std::min(i, count - 4);
                const auto r0 = hn::LoadU(d4, rows[first] + d);
                const auto r1 = hn::LoadU(d4, rows[first + 1] + d);
                const auto r2 = hn::LoadU(d4, rows[first + 2] + d);
                const auto r3 = hn::LoadU(d4, rows[first + 3] + d);
                const auto low01 = hn::BitCast(d2, hn::InterleaveLower(d4, r0, r1));
                const auto low23 = hn::BitCast(d2, hn::InterleaveLower(d4, r2, r3));
                const auto high01 = hn::BitCast(d2, hn::InterleaveUpper(d4, r0, r1));
                const auto high23 = hn::BitCast(d2, hn::InterleaveUpper(d4, r2, r3));
                float* to = panel + d * width + first;
                hn::StoreU(hn::BitCast(d4, hn::InterleaveLower(d2, low01, low23)), d4, to);
                hn::StoreU(hn::BitCast(d4, hn::InterleaveUpper(d2, low01, low23)), d4, to + width);
                hn::StoreU(hn::BitCast(d4, hn::InterleaveLower(d2, high01, high23)), d4, to + 2 * width);
                hn::StoreU(hn::BitCast(d4, hn::InterleaveUpper(d2, high01, high23)), d4, to + 3 * width);
            }
        }
    }
#endif
    for (; d < depth; ++d) {
        for (Index i = 0; i < count; ++i) panel[d * width + i] = rows[i][d];
    }
}

/// panel[d * width + i] = from[d * stride + i] for i < count, d < depth: copies runs that are contiguous along the
/// panel.
HWY_ATTR inline void copy_rows(float* HWY_RESTRICT panel, Index width, const float* HWY_RESTRICT from, Index stride,
                               Index count, Index depth) {
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    if (count == kTileVectors * lanes) {
        for (Index d = 0; d < depth; ++d) {
            for (int v = 0; v < kTileVectors; ++v) {
                hn::StoreU(hn::LoadU(kFloats, from + d * stride + v * lanes), kFloats, panel + d * width + v * lanes);
            }
        }
        return;
    }
#if HWY_TARGET != HWY_SCALAR
    const hn::CappedTag<float, 4> d4;
    if (count >= 4) {
        for (Index d = 0; d < depth; ++d) {
            for (Index i = 0; i < count; i += 4) {
                const Index first = std::min(i, count - 4);  // the last group overlaps
                hn::StoreU(hn::LoadU(d4, from + d * stride + first), d4, panel + d * width + first);
            }
        }
        return;
    }
#endif
    for (Index d = 0; d < depth; ++d) {
        for (Index i = 0; i < count; ++i) panel[d * width + i] = from[d * stride + i];
    }
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
