// Two sums for every column of a tile, for the statistics and the gradients of batch normalisation. Included once per
// target, like simd-inl.h. The split into tiles stands in kernels/cpu/toolbox/column_pairs.h.

// Per-target include guard: toggled, so that each pass of foreach_target compiles this file once.
#if defined(SINTER_KERNELS_CPU_TOOLBOX_COLUMN_PAIRS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_TOOLBOX_COLUMN_PAIRS_INL_H_
#undef SINTER_KERNELS_CPU_TOOLBOX_COLUMN_PAIRS_INL_H_
#else
#define SINTER_KERNELS_CPU_TOOLBOX_COLUMN_PAIRS_INL_H_
#endif

#include "kernels/cpu/toolbox/column_pairs.h"
#include "kernels/cpu/toolbox/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {

/// Two sums for each of a vector of columns.
struct VectorPair {
    FloatVector first;
    FloatVector second;

    template <class Access>
    HWY_ATTR HWY_INLINE void store(Access access, float* to_first, float* to_second) const {
        access.store(first, to_first);
        access.store(second, to_second);
    }
};

/// first[c], second[c] = the tile's sums. terms_at(access, c) holds what the terms of the columns c need; its call
/// (sums, access, i) adds the terms of the elements from i on, counted from the start of the matrix.
template <class TermsAt>
HWY_ATTR HWY_INLINE void sum_pairs(float* first, float* second, const FoldedTile& tile, const TermsAt& terms_at) {
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    const Index width = tile.width;
    const Index ragged = (tile.row_end - tile.row_begin) % tile.fold * tile.columns;  // elements of the last row
    const Index begin = tile.row_begin * tile.columns, end = tile.row_end * tile.columns - ragged;
    const VectorPair zero{hn::Zero(kFloats), hn::Zero(kFloats)};
    const FullVector full;
    Index c = tile.column_begin;
    // Four vectors abreast read a cache line or more of every row at a time, and their eight sums do not wait for each
    // other.
    for (; c + 4 * lanes <= tile.column_end; c += 4 * lanes) {
        const auto terms0 = terms_at(full, c), terms1 = terms_at(full, c + lanes);
        const auto terms2 = terms_at(full, c + 2 * lanes), terms3 = terms_at(full, c + 3 * lanes);
        VectorPair sums0 = zero, sums1 = zero, sums2 = zero, sums3 = zero;
        for (Index i = begin + c; i < end; i += width) {
            terms0(sums0, full, i);
            terms1(sums1, full, i + lanes);
            terms2(sums2, full, i + 2 * lanes);
            terms3(sums3, full, i + 3 * lanes);
        }
        sums0.store(full, first + c, second + c);
        sums1.store(full, first + c + lanes, second + c + lanes);
        sums2.store(full, first + c + 2 * lanes, second + c + 2 * lanes);
        sums3.store(full, first + c + 3 * lanes, second + c + 3 * lanes);
    }
    for_vectors(c, tile.column_end, [&](auto access, Index column) HWY_ATTR {
        const auto terms = terms_at(access, column);
        VectorPair sums = zero;
        for (Index i = begin + column; i < end; i += width) terms(sums, access, i);
        sums.store(access, first + column, second + column);
    });
    for_vectors(0, ragged, [&](auto access, Index column) HWY_ATTR {
        VectorPair sums{access.load(first + column), access.load(second + column)};
        terms_at(access, column)(sums, access, end + column);
        sums.store(access, first + column, second + column);
    });
}

}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
