// Elementwise kernels on the CPU: memory-bound, one pass, vectors of whatever width the machine has.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <algorithm>

#include "hwy/highway.h"
#include "kernels/cpu/toolbox/fold.h"
#include "kernels/cpu/toolbox/folded_tiles-inl.h"
#include "kernels/cpu/toolbox/math-inl.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/elementwise.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

// y[i] = function(x[i])
template <class Function>
HWY_ATTR HWY_INLINE void map(float* y, const float* x, Index begin, Index end, const Function& function) {
    for_vectors(begin, end, [&](auto access, Index i) HWY_ATTR { access.store(function(access.load(x + i)), y + i); });
}

// y[i] = function(a[i], b[i])
template <class Function>
HWY_ATTR HWY_INLINE void map(float* y, const float* a, const float* b, Index begin, Index end,
                             const Function& function) {
    for_vectors(begin, end, [&](auto access, Index i) HWY_ATTR {
        access.store(function(access.load(a + i), access.load(b + i)), y + i);
    });
}

HWY_ATTR void fill_range(float* y, float value, Index begin, Index end) {
    const FloatVector v = constant(value);
    for_vectors(begin, end, [&](auto access, Index i) HWY_ATTR { access.store(v, y + i); });
}

HWY_ATTR void add_range(float* y, const float* a, const float* b, Index begin, Index end) {
    map(y, a, b, begin, end, [](FloatVector u, FloatVector v) HWY_ATTR { return hn::Add(u, v); });
}

HWY_ATTR void subtract_range(float* y, const float* a, const float* b, Index begin, Index end) {
    map(y, a, b, begin, end, [](FloatVector u, FloatVector v) HWY_ATTR { return hn::Sub(u, v); });
}

HWY_ATTR void multiply_range(float* y, const float* a, const float* b, Index begin, Index end) {
    map(y, a, b, begin, end, [](FloatVector u, FloatVector v) HWY_ATTR { return hn::Mul(u, v); });
}

HWY_ATTR void divide_range(float* y, const float* a, const float* b, Index begin, Index end) {
    map(y, a, b, begin, end, [](FloatVector u, FloatVector v) HWY_ATTR { return hn::Div(u, v); });
}

HWY_ATTR void affine_range(float* y, const float* x, float factor, float offset, Index begin, Index end) {
    const FloatVector a = constant(factor), b = constant(offset);
    map(y, x, begin, end, [&](FloatVector v) HWY_ATTR { return hn::MulAdd(a, v, b); });
}

HWY_ATTR void interpolate_range(float* y, const float* x, float weight, Index begin, Index end) {
    const FloatVector w = constant(weight);
    map(y, x, y, begin, end,
        [&](FloatVector v, FloatVector old) HWY_ATTR { return hn::MulAdd(w, hn::Sub(v, old), old); });
}

HWY_ATTR void scale_range(float* y, const float* x, float factor, Index begin, Index end) {
    const FloatVector a = constant(factor);
    map(y, x, begin, end, [&](FloatVector v) HWY_ATTR { return hn::Mul(a, v); });
}

HWY_ATTR void square_root_range(float* y, const float* x, Index begin, Index end) {
    map(y, x, begin, end, [](FloatVector v) HWY_ATTR { return hn::Sqrt(v); });
}

HWY_ATTR void logarithm_range(float* y, const float* x, Index begin, Index end) {
    map(y, x, begin, end, [](FloatVector v) HWY_ATTR { return log(v); });
}

HWY_ATTR void clamp_range(float* y, const float* x, float low, float high, Index begin, Index end) {
    const FloatVector l = constant(low), h = constant(high);
    // min(max(x, low), high) by comparisons, because Min and Max would lose NaN on some targets.
    map(y, x, begin, end, [&](FloatVector v) HWY_ATTR {
        const FloatVector above = hn::IfThenElse(hn::Lt(v, l), l, v);
        return hn::IfThenElse(hn::Gt(above, h), h, above);
    });
}

HWY_ATTR void clamp_backward_range(float* dx, const float* dy, const float* x, float low, float high, Index begin,
                                   Index end) {
    const FloatVector l = constant(low), h = constant(high);
    map(dx, dy, x, begin, end, [&](FloatVector d, FloatVector v) HWY_ATTR {
        return hn::IfThenElseZero(hn::And(hn::Ge(v, l), hn::Le(v, h)), d);
    });
}

// Calls body(access, i, row_vector) for the elements of rows [begin, end), i counting from the matrix's start and
// row_vector holding row's values at i's column. Narrow rows are taken several at a time, against a repeated row.
template <class Body>
HWY_ATTR HWY_INLINE void for_row_vectors(const float* row, Index columns, Index begin, Index end, const Body& body) {
    const Index fold = rows_per_fold(columns), width = fold * columns;
    const FoldedTile tile{columns, fold, width, begin, end, 0, width};
    const RepeatedRow repeated(row, tile);
    const float* const values = repeated.data();
    for_tile(tile, [&](auto access, Index i, Index c) HWY_ATTR { body(access, i, access.load(values + c)); });
}

HWY_ATTR void add_row_range(float* y, const float* x, const float* row, Index columns, Index begin, Index end) {
    for_row_vectors(row, columns, begin, end, [&](auto access, Index i, FloatVector r) HWY_ATTR {
        access.store(hn::Add(access.load(x + i), r), y + i);
    });
}

HWY_ATTR void multiply_row_range(float* y, const float* x, const float* row, Index columns, Index begin, Index end) {
    for_row_vectors(row, columns, begin, end, [&](auto access, Index i, FloatVector r) HWY_ATTR {
        access.store(hn::Mul(access.load(x + i), r), y + i);
    });
}

HWY_ATTR void broadcast_row_range(float* y, const float* row, Index columns, Index begin, Index end) {
    for_row_vectors(row, columns, begin, end,
                    [&](auto access, Index i, FloatVector r) HWY_ATTR { access.store(r, y + i); });
}

HWY_ATTR void multiply_column_range(float* y, const float* x, const float* column, Index columns, Index begin,
                                    Index end) {
    for (Index r = begin; r < end; ++r) scale_range(y, x, column[r], r * columns, (r + 1) * columns);
}

HWY_ATTR void broadcast_column_range(float* y, const float* column, Index columns, Index begin, Index end) {
    for (Index r = begin; r < end; ++r) fill_range(y, column[r], r * columns, (r + 1) * columns);
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(fill_range);
HWY_EXPORT(add_range);
HWY_EXPORT(subtract_range);
HWY_EXPORT(multiply_range);
HWY_EXPORT(divide_range);
HWY_EXPORT(affine_range);
HWY_EXPORT(interpolate_range);
HWY_EXPORT(scale_range);
HWY_EXPORT(square_root_range);
HWY_EXPORT(logarithm_range);
HWY_EXPORT(clamp_range);
HWY_EXPORT(clamp_backward_range);
HWY_EXPORT(add_row_range);
HWY_EXPORT(multiply_row_range);
HWY_EXPORT(broadcast_row_range);
HWY_EXPORT(multiply_column_range);
HWY_EXPORT(broadcast_column_range);

namespace {

// Calls range(begin, end) over the elements, in parallel.
template <class Range>
void for_elements(CpuQueue& queue, Index count, const Range& range) {
    parallel_for(queue, count, kElementsPerTask, range);
}

// Calls range(begin, end) over the rows, in parallel. A task gets as many rows as make up its elements.
template <class Range>
void for_rows(CpuQueue& queue, MatrixShape shape, const Range& range) {
    if (shape.columns == 0) return;
    parallel_for(queue, shape.rows, std::max<Index>(1, kElementsPerTask / shape.columns), range);
}

}  // namespace

void fill(CpuQueue& queue, Real* y, Index count, double value) {
    const auto range = HWY_DYNAMIC_DISPATCH(fill_range);
    for_elements(queue, count, [&](Index begin, Index end) { range(y, static_cast<float>(value), begin, end); });
}

void add(CpuQueue& queue, Real* y, const Real* a, const Real* b, Index count) {
    const auto range = HWY_DYNAMIC_DISPATCH(add_range);
    for_elements(queue, count, [&](Index begin, Index end) { range(y, a, b, begin, end); });
}

void subtract(CpuQueue& queue, Real* y, const Real* a, const Real* b, Index count) {
    const auto range = HWY_DYNAMIC_DISPATCH(subtract_range);
    for_elements(queue, count, [&](Index begin, Index end) { range(y, a, b, begin, end); });
}

void multiply(CpuQueue& queue, Real* y, const Real* a, const Real* b, Index count) {
    const auto range = HWY_DYNAMIC_DISPATCH(multiply_range);
    for_elements(queue, count, [&](Index begin, Index end) { range(y, a, b, begin, end); });
}

void divide(CpuQueue& queue, Real* y, const Real* a, const Real* b, Index count) {
    const auto range = HWY_DYNAMIC_DISPATCH(divide_range);
    for_elements(queue, count, [&](Index begin, Index end) { range(y, a, b, begin, end); });
}

void affine(CpuQueue& queue, Real* y, const Real* x, Index count, double factor, double offset) {
    const auto range = HWY_DYNAMIC_DISPATCH(affine_range);
    for_elements(queue, count, [&](Index begin, Index end) {
        range(y, x, static_cast<float>(factor), static_cast<float>(offset), begin, end);
    });
}

void interpolate(CpuQueue& queue, Real* y, const Real* x, Index count, const Real* weight) {
    if (count == 0) return;
    const auto range = HWY_DYNAMIC_DISPATCH(interpolate_range);
    for_elements(queue, count, [&](Index begin, Index end) { range(y, x, *weight, begin, end); });
}

void multiply_scalar(CpuQueue& queue, Real* y, const Real* x, const Real* scalar, Index count) {
    if (count == 0) return;
    const auto range = HWY_DYNAMIC_DISPATCH(scale_range);
    const Real factor = scalar[0];  // read before any task writes: y may hold the scalar
    for_elements(queue, count, [&](Index begin, Index end) { range(y, x, factor, begin, end); });
}

void square_root(CpuQueue& queue, Real* y, const Real* x, Index count) {
    const auto range = HWY_DYNAMIC_DISPATCH(square_root_range);
    for_elements(queue, count, [&](Index begin, Index end) { range(y, x, begin, end); });
}

void logarithm(CpuQueue& queue, Real* y, const Real* x, Index count) {
    const auto range = HWY_DYNAMIC_DISPATCH(logarithm_range);
    for_elements(queue, count, [&](Index begin, Index end) { range(y, x, begin, end); });
}

void clamp(CpuQueue& queue, Real* y, const Real* x, Index count, double low, double high) {
    const auto range = HWY_DYNAMIC_DISPATCH(clamp_range);
    for_elements(queue, count, [&](Index begin, Index end) {
        range(y, x, static_cast<float>(low), static_cast<float>(high), begin, end);
    });
}

void clamp_backward(CpuQueue& queue, Real* dx, const Real* dy, const Real* x, Index count, double low, double high) {
    const auto range = HWY_DYNAMIC_DISPATCH(clamp_backward_range);
    for_elements(queue, count, [&](Index begin, Index end) {
        range(dx, dy, x, static_cast<float>(low), static_cast<float>(high), begin, end);
    });
}

void add_row(CpuQueue& queue, Real* y, const Real* x, const Real* row, MatrixShape shape) {
    const auto range = HWY_DYNAMIC_DISPATCH(add_row_range);
    for_rows(queue, shape, [&](Index begin, Index end) { range(y, x, row, shape.columns, begin, end); });
}

void multiply_row(CpuQueue& queue, Real* y, const Real* x, const Real* row, MatrixShape shape) {
    const auto range = HWY_DYNAMIC_DISPATCH(multiply_row_range);
    for_rows(queue, shape, [&](Index begin, Index end) { range(y, x, row, shape.columns, begin, end); });
}

void multiply_column(CpuQueue& queue, Real* y, const Real* x, const Real* column, MatrixShape shape) {
    if (shape.columns == 1) return multiply(queue, y, x, column, shape.rows);  // full vectors
    const auto range = HWY_DYNAMIC_DISPATCH(multiply_column_range);
    for_rows(queue, shape, [&](Index begin, Index end) { range(y, x, column, shape.columns, begin, end); });
}

void broadcast_scalar(CpuQueue& queue, Real* y, const Real* scalar, Index count) {
    if (count > 0) fill(queue, y, count, scalar[0]);
}

void broadcast_row(CpuQueue& queue, Real* y, const Real* row, MatrixShape shape) {
    const auto range = HWY_DYNAMIC_DISPATCH(broadcast_row_range);
    for_rows(queue, shape, [&](Index begin, Index end) { range(y, row, shape.columns, begin, end); });
}

void broadcast_column(CpuQueue& queue, Real* y, const Real* column, MatrixShape shape) {
    const auto range = HWY_DYNAMIC_DISPATCH(broadcast_column_range);
    for_rows(queue, shape, [&](Index begin, Index end) { range(y, column, shape.columns, begin, end); });
}

}  // namespace sinter::kernels
#endif
