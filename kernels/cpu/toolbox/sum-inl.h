// The sum over a run of vectors that losses use. It adds short blocks in float and the blocks in double, so that its
// rounding stays near that of a single addition. Included once per target, like simd-inl.h.

// Per-target include guard: toggled, so that each pass of foreach_target compiles this file once.
#if defined(SINTER_KERNELS_CPU_TOOLBOX_SUM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_TOOLBOX_SUM_INL_H_
#undef SINTER_KERNELS_CPU_TOOLBOX_SUM_INL_H_
#else
#define SINTER_KERNELS_CPU_TOOLBOX_SUM_INL_H_
#endif

#include <algorithm>

#include "kernels/cpu/toolbox/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {

/// v in the lanes that the access moves, `other` in the rest.
HWY_ATTR HWY_INLINE FloatVector valid_lanes_or(FullVector, FloatVector v, FloatVector) { return v; }
HWY_ATTR HWY_INLINE FloatVector valid_lanes_or(PartialVector access, FloatVector v, FloatVector other) {
    return hn::IfThenElse(hn::FirstN(kFloats, access.count), v, other);
}

/// The sum over [begin, end) of the lanes of term(access, i), called as for_vectors calls its body. Lanes past the end
/// do not count. This is for expensive terms, which hide the one chain of additions; sum_terms() of
/// kernels/cpu/reduce.cpp has four chains, for plain additions.
template <class Term>
HWY_ATTR HWY_INLINE double sum_vectors(Index begin, Index end, const Term& term) {
    const FloatVector zero = hn::Zero(kFloats);
    const Index block = 32 * static_cast<Index>(hn::Lanes(kFloats));
    double total = 0;
    for (Index first = begin; first < end; first += block) {
        FloatVector sum = zero;
        for_vectors(first, std::min(end, first + block), [&](auto access, Index i) HWY_ATTR {
            sum = hn::Add(sum, valid_lanes_or(access, term(access, i), zero));
        });
        total += hn::GetLane(hn::SumOfLanes(kFloats, sum));
    }
    return total;
}

}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
