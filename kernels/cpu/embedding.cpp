// Embedding on the CPU: rows are copied, and the gradient of an entry is summed by one task, over the rows that picked
// it, in order. A counting sort tells which rows those are.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/embedding.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <algorithm>
#include <cstring>

#include "hwy/highway.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/embedding.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

// sums[c] = (or += if accumulate) the sum over r in [first, last) of x[r, c]
HWY_ATTR void sum_picked_rows(float* sums, const float* x, const std::int32_t* first, const std::int32_t* last,
                              Index columns, bool accumulate) {
    for_vectors(0, columns, [&](auto access, Index c) HWY_ATTR {
        FloatVector sum = accumulate ? access.load(sums + c) : hn::Zero(kFloats);
        for (const std::int32_t* r = first; r != last; ++r) sum = hn::Add(sum, access.load(x + *r * columns + c));
        access.store(sum, sums + c);
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(sum_picked_rows);

void embedding_forward(CpuQueue& queue, Real* y, const Real* table, const std::int32_t* indices, MatrixShape shape) {
    if (shape.count() == 0) return;
    const std::size_t row_bytes = static_cast<std::size_t>(shape.columns) * sizeof(Real);
    parallel_for(queue, shape.rows, std::max<Index>(1, kElementsPerTask / shape.columns), [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r)
            std::memcpy(y + r * shape.columns, table + indices[r] * shape.columns, row_bytes);
    });
}

void embedding_backward(CpuQueue& queue, Real* dtable, const Real* dy, const std::int32_t* indices, MatrixShape shape,
                        Index entries, bool accumulate) {
    if (entries * shape.columns == 0) return;
    // The rows that picked entry e are picked[ends[e - 1]] .. picked[ends[e] - 1], from 0 for the first entry.
    const Scratch scratch(queue, static_cast<std::size_t>(entries + 1 + shape.rows) * sizeof(std::int32_t));
    std::int32_t* const ends = scratch.as<std::int32_t>();
    std::int32_t* const picked = ends + entries + 1;
    std::fill_n(ends, entries + 1, 0);
    for (Index r = 0; r < shape.rows; ++r) ++ends[indices[r] + 1];
    for (Index e = 0; e < entries; ++e) ends[e + 1] += ends[e];
    for (Index r = 0; r < shape.rows; ++r) picked[ends[indices[r]]++] = static_cast<std::int32_t>(r);

    const auto sum_rows_of = HWY_DYNAMIC_DISPATCH(sum_picked_rows);
    const Index rows_per_entry = task_count(shape.rows, entries) + 1;  // read and written, on average
    const Index entries_per_task = std::max<Index>(1, kElementsPerTask / (shape.columns * rows_per_entry));
    parallel_for(queue, entries, entries_per_task, [&](Index begin, Index end) {
        for (Index e = begin; e < end; ++e) {
            sum_rows_of(dtable + e * shape.columns, dy, picked + (e == 0 ? 0 : ends[e - 1]), picked + ends[e],
                        shape.columns, accumulate);
        }
    });
}

}  // namespace sinter::kernels
#endif
