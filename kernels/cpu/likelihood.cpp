// Log-likelihoods of reconstructions on the CPU: a row at a time, each by itself, so that its bits depend neither on
// the rows beside it nor on the number of threads.
//
// With e = e^-|x|, the sum of log(1 + e) over 32 vectors is the logarithm of a product of 32 factors in (1, 2], which a
// float holds: one logarithm in 32. Each factor costs half a unit in the last place of the product, 2^-24 in its
// logarithm, and what is confident beyond e = 2^-24 counts as certain: 784 pixels lose 5e-5 nats at most.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/likelihood.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <algorithm>
#include <cmath>

#include "hwy/highway.h"
#include "kernels/cpu/toolbox/math-inl.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/cpu/toolbox/sum-inl.h"
#include "kernels/likelihood.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// Minus the log-likelihood of a row.
HWY_ATTR double bernoulli_cost(const float* logits, const float* targets, Index columns) {
    const FloatVector zero = hn::Zero(kFloats), one = constant(1.0f);
    const Index block = 32 * static_cast<Index>(hn::Lanes(kFloats));
    double total = 0;
    for (Index first = 0; first < columns; first += block) {
        FloatVector certain = zero, product = one;
        for_vectors(first, std::min(columns, first + block), [&](auto access, Index c) HWY_ATTR {
            const FloatVector x = access.load(logits + c);
            const FloatVector e = valid_lanes_or(access, exp_nonpositive(hn::Neg(hn::Abs(x))), zero);
            certain = hn::Add(certain, hn::NegMulAdd(x, access.load(targets + c), hn::Max(x, zero)));
            product = hn::MulAdd(product, e, product);
        });
        total += hn::GetLane(hn::SumOfLanes(kFloats, hn::Add(certain, log(product))));
    }
    return total;
}

HWY_ATTR void bernoulli_rows(float* y, const float* logits, const float* targets, const RepeatedRows& shape,
                             Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
        const float* const target = targets + r / shape.repeats * shape.columns;
        y[r] = static_cast<float>(-bernoulli_cost(logits + r * shape.columns, target, shape.columns));
    }
}

HWY_ATTR void gaussian_rows(float* y, const float* means, const float* targets, const RepeatedRows& shape,
                            double precision, double constant_part, Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
        const float* const x = means + r * shape.columns;
        const float* const t = targets + r / shape.repeats * shape.columns;
        const double squares = sum_vectors(0, shape.columns, [&](auto access, Index c) HWY_ATTR {
            const FloatVector difference = hn::Sub(access.load(x + c), access.load(t + c));
            return hn::Mul(difference, difference);
        });
        y[r] = static_cast<float>(-0.5 * (squares * precision + constant_part));
    }
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(bernoulli_rows);
HWY_EXPORT(gaussian_rows);

namespace {

Index rows_per_task(const RepeatedRows& shape) {
    return std::max<Index>(1, kElementsPerTask / std::max<Index>(1, shape.columns));
}

}  // namespace

void bernoulli_log_likelihood(CpuQueue& queue, Real* y, const Real* logits, const Real* targets, RepeatedRows shape) {
    const auto some_rows = HWY_DYNAMIC_DISPATCH(bernoulli_rows);
    parallel_for(queue, shape.rows, rows_per_task(shape),
                 [&](Index begin, Index end) { some_rows(y, logits, targets, shape, begin, end); });
}

void gaussian_log_likelihood(CpuQueue& queue, Real* y, const Real* means, const Real* targets, RepeatedRows shape,
                             double log_variance) {
    const auto some_rows = HWY_DYNAMIC_DISPATCH(gaussian_rows);
    const double constant_part = static_cast<double>(shape.columns) * (log_variance + kLogTwoPi);
    parallel_for(queue, shape.rows, rows_per_task(shape), [&](Index begin, Index end) {
        some_rows(y, means, targets, shape, std::exp(-log_variance), constant_part, begin, end);
    });
}

}  // namespace sinter::kernels
#endif
