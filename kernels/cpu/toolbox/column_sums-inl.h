// Sums over the rows of a matrix of values that a functor computes on the way: bias gradients, batch sums.
// Included once per target, like simd-inl.h. The split into tasks stands in kernels/cpu/toolbox/column_sums.h.

// Per-target include guard: toggled, so that each pass of foreach_target compiles this file once.
#if defined(SINTER_KERNELS_CPU_TOOLBOX_COLUMN_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_TOOLBOX_COLUMN_SUMS_INL_H_
#undef SINTER_KERNELS_CPU_TOOLBOX_COLUMN_SUMS_INL_H_
#else
#define SINTER_KERNELS_CPU_TOOLBOX_COLUMN_SUMS_INL_H_
#endif

#include "kernels/cpu/toolbox/column_sums.h"
#include "kernels/cpu/toolbox/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {

/// sums[c] = (or += if tile.accumulate) sum of value(access, i) over the tile's rows, for the tile's columns c; i is
/// the element's index in the matrix and value moves data with access.load and access.store.
template <class Value>
HWY_ATTR HWY_INLINE void sum_tile(float* sums, const ColumnSumTile& tile, const Value& value) {
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    const Index width = tile.width;
    const FullVector full;
    Index c = tile.column_begin;
    // Four vectors abreast read a cache line or more of every row at a time, and their four sums do not wait for each
    // other.
    for (; c + 4 * lanes <= tile.column_end; c += 4 * lanes) {
        FloatVector s0 = hn::Zero(kFloats), s1 = s0, s2 = s0, s3 = s0;
        for (Index r = tile.row_begin; r < tile.row_end; ++r) {
            const Index i = r * width + c;
            s0 = hn::Add(s0, value(full, i));
            s1 = hn::Add(s1, value(full, i + lanes));
            s2 = hn::Add(s2, value(full, i + 2 * lanes));
            s3 = hn::Add(s3, value(full, i + 3 * lanes));
        }
        if (tile.accumulate) {
            s0 = hn::Add(full.load(sums + c), s0);
            s1 = hn::Add(full.load(sums + c + lanes), s1);
            s2 = hn::Add(full.load(sums + c + 2 * lanes), s2);
            s3 = hn::Add(full.load(sums + c + 3 * lanes), s3);
        }
        full.store(s0, sums + c);
        full.store(s1, sums + c + lanes);
        full.store(s2, sums + c + 2 * lanes);
        full.store(s3, sums + c + 3 * lanes);
    }
    for_vectors(c, tile.column_end, [&](auto access, Index column) HWY_ATTR {
        FloatVector s = hn::Zero(kFloats);
        for (Index r = tile.row_begin; r < tile.row_end; ++r) s = hn::Add(s, value(access, r * width + column));
        if (tile.accumulate) s = hn::Add(access.load(sums + column), s);
        access.store(s, sums + column);
    });
}

/// The same sums of the rows themselves. sum_over_rows() adds up its partial rows with it.
HWY_ATTR inline void add_rows(float* sums, const float* rows, const ColumnSumTile& tile) {
    sum_tile(sums, tile, [&](auto access, Index i) HWY_ATTR { return access.load(rows + i); });
}

}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
