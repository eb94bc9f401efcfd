// Sums on the CPU: vector sums over fixed tiles, written as partial sums and added up in order.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/reduce.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <algorithm>
#include <cmath>

#include "hwy/highway.h"
#include "kernels/cpu/toolbox/column_sums-inl.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/parallel_sum.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/reduce.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

// The sum of term(x[i]), where term(0) = 0. It has four accumulators, so that plain additions do not wait for each
// other. sum_vectors() (kernels/cpu/toolbox/sum-inl.h) has one, which expensive terms hide, and rounds less.
template <class Term>
HWY_ATTR HWY_INLINE float sum_terms(const float* x, Index count, const Term& term) {
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    const FullVector full;
    FloatVector s0 = hn::Zero(kFloats), s1 = s0, s2 = s0, s3 = s0;
    Index i = 0;
    for (; i + 4 * lanes <= count; i += 4 * lanes) {
        s0 = hn::Add(s0, term(full.load(x + i)));
        s1 = hn::Add(s1, term(full.load(x + i + lanes)));
        s2 = hn::Add(s2, term(full.load(x + i + 2 * lanes)));
        s3 = hn::Add(s3, term(full.load(x + i + 3 * lanes)));
    }
    for_vectors(i, count, [&](auto access, Index j) HWY_ATTR { s0 = hn::Add(s0, term(access.load(x + j))); });
    return hn::GetLane(hn::SumOfLanes(kFloats, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

HWY_ATTR float sum_range(const float* x, Index count) {
    return sum_terms(x, count, [](FloatVector v) HWY_ATTR { return v; });
}

HWY_ATTR float sum_squares_range(const float* x, Index count) {
    return sum_terms(x, count, [](FloatVector v) HWY_ATTR { return hn::Mul(v, v); });
}

HWY_ATTR void sum_each_row(float* sums, const float* x, Index columns, bool accumulate, Index begin, Index end) {
    constexpr Index kNarrow = 16;  // below, filling a vector costs more than adding one by one
    for (Index r = begin; r < end; ++r) {
        const float* const row = x + r * columns;
        float sum = 0;
        if (columns < kNarrow)
            for (Index c = 0; c < columns; ++c) sum += row[c];
        else
            sum = sum_range(row, columns);
        sums[r] = accumulate ? sums[r] + sum : sum;
    }
}

// The smallest i in [begin, end) for which x[i] is NaN or infinite, or -1.
HWY_ATTR Index find_nonfinite_range(const float* x, Index begin, Index end) {
    // 0 * x is NaN exactly where x is not finite, so one multiply-add a vector tells whether to look closer.
    const FloatVector zero = hn::Zero(kFloats);
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    const FullVector full;
    FloatVector s0 = zero, s1 = zero, s2 = zero, s3 = zero;
    Index i = begin;
    for (; i + 4 * lanes <= end; i += 4 * lanes) {
        s0 = hn::MulAdd(zero, full.load(x + i), s0);
        s1 = hn::MulAdd(zero, full.load(x + i + lanes), s1);
        s2 = hn::MulAdd(zero, full.load(x + i + 2 * lanes), s2);
        s3 = hn::MulAdd(zero, full.load(x + i + 3 * lanes), s3);
    }
    for_vectors(i, end, [&](auto access, Index j) HWY_ATTR { s0 = hn::MulAdd(zero, access.load(x + j), s0); });
    if (HWY_LIKELY(hn::AllTrue(kFloats, hn::Eq(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)), zero)))) return -1;
    return std::find_if(x + begin, x + end, [](float v) { return !std::isfinite(v); }) - x;
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(sum_range);
HWY_EXPORT(sum_squares_range);
HWY_EXPORT(sum_each_row);
HWY_EXPORT(add_rows);
HWY_EXPORT(find_nonfinite_range);

void sum_all(CpuQueue& queue, Real* sum, const Real* x, Index count, double scale, bool accumulate) {
    const auto tile_sum = HWY_DYNAMIC_DISPATCH(sum_range);
    const double total = scale * parallel_sum(queue, count, kElementsPerTask,
                                              [&](Index begin, Index end) { return tile_sum(x + begin, end - begin); });
    *sum = static_cast<Real>(accumulate ? static_cast<double>(*sum) + total : total);
}

void sum_squares(CpuQueue& queue, Real* sum, const Real* x, Index count) {
    const auto tile_sum = HWY_DYNAMIC_DISPATCH(sum_squares_range);
    *sum = static_cast<Real>(parallel_sum(queue, count, kElementsPerTask,
                                          [&](Index begin, Index end) { return tile_sum(x + begin, end - begin); }));
}

void sum_rows(CpuQueue& queue, Real* sums, const Real* x, MatrixShape shape, bool accumulate) {
    const auto add_up = HWY_DYNAMIC_DISPATCH(add_rows);
    sum_over_rows(
        queue, sums, shape, accumulate, [&](Real* tile_sums, const ColumnSumTile& tile) { add_up(tile_sums, x, tile); },
        add_up);
}

void sum_columns(CpuQueue& queue, Real* sums, const Real* x, MatrixShape shape, bool accumulate) {
    if (shape.columns <= kElementsPerTask) {
        const auto sum_each = HWY_DYNAMIC_DISPATCH(sum_each_row);
        const Index rows_per_task = kElementsPerTask / std::max<Index>(1, shape.columns);
        parallel_for(queue, shape.rows, rows_per_task,
                     [&](Index begin, Index end) { sum_each(sums, x, shape.columns, accumulate, begin, end); });
        return;
    }
    // One wide row at a time fills the threads.
    for (Index r = 0; r < shape.rows; ++r)
        sum_all(queue, sums + r, x + r * shape.columns, shape.columns, 1, accumulate);
}

void find_nonfinite(CpuQueue& queue, Index* index, const Real* x, Index count) {
    const auto find = HWY_DYNAMIC_DISPATCH(find_nonfinite_range);
    const Index tiles = task_count(count, kElementsPerTask);
    const Scratch scratch(queue, static_cast<std::size_t>(tiles) * sizeof(Index));
    Index* const found = scratch.as<Index>();
    parallel_for(queue, count, kElementsPerTask,
                 [&](Index begin, Index end) { found[begin / kElementsPerTask] = find(x, begin, end); });
    const Index* const first = std::find_if(found, found + tiles, [](Index i) { return i >= 0; });
    *index = first == found + tiles ? -1 : *first;
}

}  // namespace sinter::kernels
#endif
