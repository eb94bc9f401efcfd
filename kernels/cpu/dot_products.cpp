// Scalar products of all pairs of vectors on the CPU, in double. The vectors are packed as doubles: b in panels of two
// SIMD vectors, a in panels of a few rows whose elements are broadcast. A tile of sums stays in registers while a block
// of the depth runs by, and goes on from where the block before left it, so that every sum runs in the order of d.
//
// Limiter: arithmetic. The peak of double is half of that of float.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/dot_products.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <algorithm>
#include <utility>

#include "hwy/highway.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/dot_products.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

using DoubleTag = hn::ScalableTag<double>;
using DoubleVector = hn::Vec<DoubleTag>;
inline constexpr DoubleTag kDoubles{};

// As many rows as leave registers for two vectors of b and one of a.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
inline constexpr Index kPairRows = 12;
#else
inline constexpr Index kPairRows = 6;
#endif
inline constexpr Index kPairVectors = 2;
inline constexpr Index kPairDepth = 256;      ///< of a block: its panel of b then stays in the first-level cache
inline constexpr Index kPairTaskPanels = 10;  ///< panels of a that one task multiplies with all of b

/// sums[r * stride + j] = (or, with `add`, +=) a [depth][kRows] times b [depth][2 vectors], for j < columns.
template <Index kRows>
HWY_ATTR void multiply_pairs(double* sums, Index stride, Index columns, const double* HWY_RESTRICT a,
                             const double* HWY_RESTRICT b, Index depth, bool add) {
    const Index lanes = static_cast<Index>(hn::Lanes(kDoubles)), width = kPairVectors * lanes;
    HWY_ALIGN double tail[kRows * kPairVectors * HWY_MAX_BYTES / sizeof(double)];
    const bool is_whole = columns == width;
    if (!is_whole && add) {
        for (Index r = 0; r < kRows; ++r) std::copy_n(sums + r * stride, columns, tail + r * width);
    }
    double* const at = is_whole ? sums : tail;
    const Index step = is_whole ? stride : width;
    DoubleVector sum[kRows][kPairVectors];
#pragma GCC unroll 16
    for (Index r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
        for (Index v = 0; v < kPairVectors; ++v)
            sum[r][v] = add ? hn::LoadU(kDoubles, at + r * step + v * lanes) : hn::Zero(kDoubles);
    }
    for (Index d = 0; d < depth; ++d, a += kRows, b += width) {
        DoubleVector right[kPairVectors];
#pragma GCC unroll 2
        for (Index v = 0; v < kPairVectors; ++v) right[v] = hn::Load(kDoubles, b + v * lanes);
#pragma GCC unroll 16
        for (Index r = 0; r < kRows; ++r) {
            const DoubleVector left = hn::Set(kDoubles, a[r]);
#pragma GCC unroll 2
            for (Index v = 0; v < kPairVectors; ++v) sum[r][v] = hn::MulAdd(left, right[v], sum[r][v]);
        }
    }
#pragma GCC unroll 16
    for (Index r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
        for (Index v = 0; v < kPairVectors; ++v) hn::StoreU(sum[r][v], kDoubles, at + r * step + v * lanes);
    }
    if (is_whole) return;
    for (Index r = 0; r < kRows; ++r) std::copy_n(tail + r * width, columns, sums + r * stride);
}

using PairTile = void (*)(double*, Index, Index, const double*, const double*, Index, bool);

template <Index... kRows>
constexpr PairTile pick_pair_tile(Index rows, std::integer_sequence<Index, kRows...>) {
    constexpr PairTile table[] = {multiply_pairs<kRows + 1>...};
    return table[rows - 1];
}

/// panel[d * width + i] = vectors[i * depth + d] for i < count and `block` values of d; zero for count <= i < width.
HWY_ATTR void pack_pairs(double* panel, Index width, const float* vectors, Index count, Index depth, Index block) {
    for (Index d = 0; d < block; ++d, panel += width) {
        for (Index i = 0; i < count; ++i) panel[i] = vectors[i * depth + d];
        std::fill(panel + count, panel + width, 0.0);
    }
}

HWY_ATTR void multiply_all_pairs(CpuQueue& queue, double* products, const float* a, const float* b,
                                 const PairShape& shape) {
    const auto [rows, columns, depth] = shape;
    const Index width = kPairVectors * static_cast<Index>(hn::Lanes(kDoubles));
    const Index column_panels = task_count(columns, width), row_panels = task_count(rows, kPairRows);
    const Index b_doubles = column_panels * width * kPairDepth, a_doubles = kPairTaskPanels * kPairRows * kPairDepth;
    const Scratch scratch(queue, static_cast<std::size_t>(b_doubles + queue.threads() * a_doubles) * sizeof(double));
    double* const packed_b = scratch.as<double>();

    Index first = 0;
    do {  // once even where there is no depth: sums over nothing are zero
        const Index block = std::min(kPairDepth, depth - first);
        queue.pool().run(column_panels, [&](std::int64_t panel, int) HWY_ATTR {
            const Index column = panel * width;
            pack_pairs(packed_b + column * block, width, b + column * depth + first, std::min(width, columns - column),
                       depth, block);
        });
        queue.pool().run(task_count(row_panels, kPairTaskPanels), [&](std::int64_t task, int thread) HWY_ATTR {
            double* const packed_a = packed_b + b_doubles + thread * a_doubles;
            const Index begin = task * kPairTaskPanels * kPairRows;
            const Index end = std::min(rows, begin + kPairTaskPanels * kPairRows);
            for (Index row = begin; row < end; row += kPairRows) {
                const Index count = std::min(kPairRows, end - row);
                pack_pairs(packed_a + (row - begin) * block, count, a + row * depth + first, count, depth, block);
            }
            for (Index column = 0; column < columns; column += width) {
                for (Index row = begin; row < end; row += kPairRows) {
                    const PairTile multiply =
                        pick_pair_tile(std::min(kPairRows, end - row), std::make_integer_sequence<Index, kPairRows>());
                    multiply(products + row * columns + column, columns, std::min(width, columns - column),
                             packed_a + (row - begin) * block, packed_b + column * block, block, first > 0);
                }
            }
        });
        first += block;
    } while (first < depth);
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(multiply_all_pairs);

void dot_products(CpuQueue& queue, double* products, const Real* a, const Real* b, const PairShape& shape) {
    HWY_DYNAMIC_DISPATCH(multiply_all_pairs)(queue, products, a, b, shape);
}

}  // namespace sinter::kernels
#endif
