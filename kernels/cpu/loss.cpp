// Losses on the CPU: value and gradient in one pass, split into fixed tasks whose sums are added in order.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/loss.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <algorithm>
#include <cmath>
#include <limits>

#include "hwy/highway.h"
#include "kernels/cpu/toolbox/math-inl.h"
#include "kernels/cpu/toolbox/parallel_sum.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/cpu/toolbox/sum-inl.h"
#include "kernels/loss.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// Both parts share e^-|x|:  sigmoid(x) = (x < 0 ? e^-|x| : 1) / (1 + e^-|x|).
template <bool kGradient>
HWY_ATTR double sigmoid_cross_entropy_sum(float* dlogits, const float* logits, const float* targets, float scale,
                                          Index begin, Index end) {
    const FloatVector zero = hn::Zero(kFloats);
    const FloatVector one = constant(1.0f);
    const FloatVector scales = constant(scale);
    return sum_vectors(begin, end, [&](auto access, Index i) HWY_ATTR {
        const FloatVector x = access.load(logits + i);
        const FloatVector t = access.load(targets + i);
        const FloatVector e = exp_nonpositive(hn::Neg(hn::Abs(x)));
        if constexpr (kGradient) {
            const FloatVector sigmoid = hn::Div(hn::IfThenElse(hn::Lt(x, zero), e, one), hn::Add(one, e));
            access.store(hn::Mul(scales, hn::Sub(sigmoid, t)), dlogits + i);
        }
        // The logarithm comes last: a confident right answer has max(x, 0) - x t = 0, and keeps its small loss.
        return hn::Add(hn::NegMulAdd(x, t, hn::Max(x, zero)), log1p_unit(e));
    });
}

HWY_ATTR double sigmoid_cross_entropy_range(float* dlogits, const float* logits, const float* targets, float scale,
                                            Index begin, Index end) {
    return dlogits ? sigmoid_cross_entropy_sum<true>(dlogits, logits, targets, scale, begin, end)
                   : sigmoid_cross_entropy_sum<false>(dlogits, logits, targets, scale, begin, end);
}

template <bool kGradient>
HWY_ATTR double squared_error_sum(float* dprediction, const float* prediction, const float* targets, float scale,
                                  Index begin, Index end) {
    const FloatVector twice_scale = constant(2 * scale);
    return sum_vectors(begin, end, [&](auto access, Index i) HWY_ATTR {
        const FloatVector difference = hn::Sub(access.load(prediction + i), access.load(targets + i));
        if constexpr (kGradient) access.store(hn::Mul(twice_scale, difference), dprediction + i);
        return hn::Mul(difference, difference);
    });
}

HWY_ATTR double squared_error_range(float* dprediction, const float* prediction, const float* targets, float scale,
                                    Index begin, Index end) {
    return dprediction ? squared_error_sum<true>(dprediction, prediction, targets, scale, begin, end)
                       : squared_error_sum<false>(dprediction, prediction, targets, scale, begin, end);
}

/// One row's loss. The exponentials wait in dx for their sum to be known.
HWY_ATTR double softmax_cross_entropy_row(float* dx, const float* x, Index label, Index columns, float scale) {
    FloatVector largest_lanes = constant(-std::numeric_limits<float>::infinity());
    for_vectors(0, columns, [&](auto access, Index c) HWY_ATTR {
        largest_lanes = hn::Max(largest_lanes, valid_lanes_or(access, access.load(x + c), largest_lanes));
    });
    const FloatVector largest = hn::MaxOfLanes(kFloats, largest_lanes);

    const double sum = sum_vectors(0, columns, [&](auto access, Index c) HWY_ATTR {
        const FloatVector e = exp_nonpositive(hn::Sub(access.load(x + c), largest));
        if (dx) access.store(e, dx + c);
        return e;
    });

    if (dx) {
        const FloatVector factor = constant(scale / sum);
        for_vectors(0, columns,
                    [&](auto access, Index c) HWY_ATTR { access.store(hn::Mul(factor, access.load(dx + c)), dx + c); });
        dx[label] -= scale;
    }
    return std::log(sum) + (static_cast<double>(hn::GetLane(largest)) - x[label]);
}

HWY_ATTR double softmax_cross_entropy_rows(float* dlogits, const float* logits, const std::int32_t* labels,
                                           Index columns, float scale, Index begin, Index end) {
    double sum = 0;
    for (Index r = begin; r < end; ++r) {
        float* dx = dlogits ? dlogits + r * columns : nullptr;
        sum += softmax_cross_entropy_row(dx, logits + r * columns, labels[r], columns, scale);
    }
    return sum;
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(sigmoid_cross_entropy_range);
HWY_EXPORT(squared_error_range);
HWY_EXPORT(softmax_cross_entropy_rows);

void sigmoid_cross_entropy(CpuQueue& queue, Real* loss, Real* dlogits, const Real* logits, const Real* targets,
                           Index count, double scale) {
    const auto range = HWY_DYNAMIC_DISPATCH(sigmoid_cross_entropy_range);
    const double sum = parallel_sum(queue, count, kElementsPerTask, [&](Index begin, Index end) {
        return range(dlogits, logits, targets, static_cast<float>(scale), begin, end);
    });
    loss[0] = static_cast<Real>(scale * sum);
}

void squared_error(CpuQueue& queue, Real* loss, Real* dprediction, const Real* prediction, const Real* targets,
                   Index count, double scale) {
    const auto range = HWY_DYNAMIC_DISPATCH(squared_error_range);
    const double sum = parallel_sum(queue, count, kElementsPerTask, [&](Index begin, Index end) {
        return range(dprediction, prediction, targets, static_cast<float>(scale), begin, end);
    });
    loss[0] = static_cast<Real>(scale * sum);
}

void softmax_cross_entropy(CpuQueue& queue, Real* loss, Real* dlogits, const Real* logits, const std::int32_t* labels,
                           MatrixShape shape, double scale) {
    const auto rows = HWY_DYNAMIC_DISPATCH(softmax_cross_entropy_rows);
    const Index rows_per_task = std::max<Index>(1, kElementsPerTask / std::max<Index>(1, shape.columns));
    const Index row_count = shape.columns > 0 ? shape.rows : 0;  // rows without classes have no label to read
    const double sum = parallel_sum(queue, row_count, rows_per_task, [&](Index begin, Index end) {
        return rows(dlogits, logits, labels, shape.columns, static_cast<float>(scale), begin, end);
    });
    loss[0] = static_cast<Real>(scale * sum);
}

}  // namespace sinter::kernels
#endif
