// Optimizer steps on the CPU: one pass at memory speed. Constants are derived once per task in double, so that an
// element costs at most one square root and one division, which hide behind its loads and stores.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/optimizer.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <algorithm>
#include <cmath>
#include <limits>

#include "hwy/highway.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/optimizer.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// x, or zero where |x| is below the smallest normal number. NaN stays.
HWY_ATTR HWY_INLINE FloatVector without_subnormals(FloatVector x) {
    const FloatVector smallest = constant(std::numeric_limits<float>::min());
    return hn::IfThenZeroElse(hn::Lt(hn::Abs(x), smallest), x);
}

/// g + l1 sign(w), with sign(0) = 0.
HWY_ATTR HWY_INLINE FloatVector add_l1(FloatVector g, FloatVector l1, FloatVector w) {
    return hn::Add(g, hn::IfThenZeroElse(hn::Eq(w, hn::Zero(kFloats)), hn::CopySign(l1, w)));
}

/// sign(x) max(|x| - threshold, 0). NaN stays.
HWY_ATTR HWY_INLINE FloatVector soft_threshold(FloatVector x, FloatVector threshold) {
    return hn::IfThenZeroElse(hn::Le(hn::Abs(x), threshold), hn::Sub(x, hn::CopySign(threshold, x)));
}

HWY_ATTR void adam_range(float* w, float* m, float* v, const float* dw, const AdamOptions& options,
                         const StepScalars<float>* step, Index begin, Index end) {
    // The bias corrections move out of the loop:
    //   lr / c1 * m / (sqrt(v / c2) + epsilon)  =  (lr sqrt(c2) / c1) m / (sqrt(v) + epsilon sqrt(c2))
    const double learning_rate = step->learning_rate;
    const double root_correction2 = std::sqrt(static_cast<double>(step->bias_correction2));
    const FloatVector rate = constant(learning_rate * root_correction2 / step->bias_correction1);
    const FloatVector epsilon = constant(options.epsilon * root_correction2);
    const FloatVector beta1 = constant(options.beta1);
    const FloatVector beta2 = constant(options.beta2);
    const FloatVector one_minus_beta1 = constant(1 - options.beta1);
    const FloatVector one_minus_beta2 = constant(1 - options.beta2);
    const FloatVector gradient_scale = constant(step->gradient_scale);
    // One of the two decays is zero. w - (lr wd) w keeps digits of lr wd that the factor 1 - lr wd would round away.
    const FloatVector gradient_decay = constant(options.decoupled ? 0 : options.weight_decay);
    const FloatVector parameter_decay = constant(options.decoupled ? learning_rate * options.weight_decay : 0);
    const bool adds_l1 = options.l1 != 0 && !options.decoupled, shrinks = options.l1 != 0 && options.decoupled;
    const FloatVector l1 = constant(options.l1), threshold = constant(learning_rate * options.l1);

    for_vectors(begin, end, [&](auto access, Index i) HWY_ATTR {
        const FloatVector old_w = access.load(w + i);
        FloatVector g = hn::MulAdd(gradient_decay, old_w, hn::Mul(gradient_scale, access.load(dw + i)));
        if (adds_l1) g = add_l1(g, l1, old_w);
        const FloatVector new_m =
            without_subnormals(hn::MulAdd(one_minus_beta1, g, hn::Mul(beta1, access.load(m + i))));
        const FloatVector new_v =
            without_subnormals(hn::MulAdd(one_minus_beta2, hn::Mul(g, g), hn::Mul(beta2, access.load(v + i))));
        const FloatVector update = hn::Div(hn::Mul(rate, new_m), hn::Add(hn::Sqrt(new_v), epsilon));
        access.store(new_m, m + i);
        access.store(new_v, v + i);
        const FloatVector new_w = hn::Sub(hn::NegMulAdd(parameter_decay, old_w, old_w), update);
        access.store(shrinks ? soft_threshold(new_w, threshold) : new_w, w + i);
    });
}

template <bool kMomentum>
HWY_ATTR void rmsprop_loop(float* w, float* v, float* buffer, const float* dw, const RmspropOptions& options,
                           const StepScalars<float>* step, Index begin, Index end) {
    const FloatVector rate = constant(step->learning_rate);
    const FloatVector epsilon = constant(options.epsilon);
    const FloatVector alpha = constant(options.alpha);
    const FloatVector one_minus_alpha = constant(1 - options.alpha);
    const FloatVector momentum = constant(options.momentum);
    const FloatVector gradient_scale = constant(step->gradient_scale);
    const FloatVector decay = constant(options.weight_decay);
    const FloatVector l1 = constant(options.l1);

    for_vectors(begin, end, [&](auto access, Index i) HWY_ATTR {
        const FloatVector old_w = access.load(w + i);
        FloatVector g = hn::MulAdd(decay, old_w, hn::Mul(gradient_scale, access.load(dw + i)));
        if (options.l1 != 0) g = add_l1(g, l1, old_w);
        const FloatVector new_v = hn::MulAdd(one_minus_alpha, hn::Mul(g, g), hn::Mul(alpha, access.load(v + i)));
        FloatVector update = hn::Div(g, hn::Add(hn::Sqrt(new_v), epsilon));
        if constexpr (kMomentum) {
            update = hn::MulAdd(momentum, access.load(buffer + i), update);
            access.store(update, buffer + i);
        }
        access.store(new_v, v + i);
        access.store(hn::NegMulAdd(rate, update, old_w), w + i);
    });
}

HWY_ATTR void rmsprop_range(float* w, float* v, float* buffer, const float* dw, const RmspropOptions& options,
                            const StepScalars<float>* step, Index begin, Index end) {
    if (options.momentum != 0)
        rmsprop_loop<true>(w, v, buffer, dw, options, step, begin, end);
    else
        rmsprop_loop<false>(w, v, buffer, dw, options, step, begin, end);
}

template <bool kMomentum>
HWY_ATTR void sgd_loop(float* w, float* buffer, const float* dw, const SgdOptions& options,
                       const StepScalars<float>* step, Index begin, Index end) {
    const FloatVector rate = constant(step->learning_rate);
    const FloatVector momentum = constant(options.momentum);
    const FloatVector gradient_scale = constant(step->gradient_scale);
    const FloatVector decay = constant(options.weight_decay);
    const FloatVector l1 = constant(options.l1);

    for_vectors(begin, end, [&](auto access, Index i) HWY_ATTR {
        const FloatVector old_w = access.load(w + i);
        FloatVector g = hn::MulAdd(decay, old_w, hn::Mul(gradient_scale, access.load(dw + i)));
        if (options.l1 != 0) g = add_l1(g, l1, old_w);
        FloatVector update = g;
        if constexpr (kMomentum) {
            const FloatVector b = hn::MulAdd(momentum, access.load(buffer + i), g);
            access.store(b, buffer + i);
            update = options.nesterov ? hn::MulAdd(momentum, b, g) : b;
        }
        access.store(hn::NegMulAdd(rate, update, old_w), w + i);
    });
}

HWY_ATTR void sgd_range(float* w, float* buffer, const float* dw, const SgdOptions& options,
                        const StepScalars<float>* step, Index begin, Index end) {
    if (options.momentum != 0)
        sgd_loop<true>(w, buffer, dw, options, step, begin, end);
    else
        sgd_loop<false>(w, buffer, dw, options, step, begin, end);
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(adam_range);
HWY_EXPORT(rmsprop_range);
HWY_EXPORT(sgd_range);

void adam(CpuQueue& queue, Real* w, Real* m, Real* v, const Real* dw, Index count, const AdamOptions& options,
          const StepScalars<Real>* step, const Real* proceed) {
    if (proceed && *proceed == 0) return;
    const auto range = HWY_DYNAMIC_DISPATCH(adam_range);
    parallel_for(queue, count, kElementsPerTask,
                 [&](Index begin, Index end) { range(w, m, v, dw, options, step, begin, end); });
}

void rmsprop(CpuQueue& queue, Real* w, Real* v, Real* buffer, const Real* dw, Index count,
             const RmspropOptions& options, const StepScalars<Real>* step, const Real* proceed) {
    if (proceed && *proceed == 0) return;
    const auto range = HWY_DYNAMIC_DISPATCH(rmsprop_range);
    parallel_for(queue, count, kElementsPerTask,
                 [&](Index begin, Index end) { range(w, v, buffer, dw, options, step, begin, end); });
}

void sgd(CpuQueue& queue, Real* w, Real* buffer, const Real* dw, Index count, const SgdOptions& options,
         const StepScalars<Real>* step, const Real* proceed) {
    if (proceed && *proceed == 0) return;
    const auto range = HWY_DYNAMIC_DISPATCH(sgd_range);
    parallel_for(queue, count, kElementsPerTask,
                 [&](Index begin, Index end) { range(w, buffer, dw, options, step, begin, end); });
}

void clip_scale(CpuQueue&, StepScalars<Real>* step, const Real* sum_squares, double max_norm) {
    const double factor = max_norm / (std::sqrt(static_cast<double>(sum_squares[0])) + 1e-6);
    step->gradient_scale = static_cast<Real>(std::min(factor, 1.0));  // in this order a NaN norm stays NaN
}

void count_step(CpuQueue&, Real* proceeds, std::int64_t* steps, StepScalars<Real>* step, const Real* held,
                const Real* proceed, const StepDecays& decays) {
    const bool is_taken = !(proceed && *proceed == 0) && !(held && *held != 0);
    *proceeds = is_taken ? 1 : 0;
    if (!is_taken) return;
    const double t = static_cast<double>(++*steps);
    step->bias_correction1 = static_cast<Real>(1 - std::pow(decays.beta1, t));
    step->bias_correction2 = static_cast<Real>(1 - std::pow(decays.beta2, t));
}

void hold_players(CpuQueue&, Real* discriminator_held, Real* generator_held, const Real* real_cost,
                  const Real* fake_cost, const EvenCosts& even) {
    const Real low = static_cast<Real>(even.low), high = static_cast<Real>(even.high);
    const bool discriminator_leads = *real_cost < low || *fake_cost < low;
    const bool generator_leads = *real_cost > high || *fake_cost > high;
    *discriminator_held = discriminator_leads && !generator_leads ? 1 : 0;
    *generator_held = generator_leads && !discriminator_leads ? 1 : 0;
}

void gather_step_numbers(CpuQueue&, Real* y, const NumberPlaces<Real>& numbers, Real* proceed) {
    for (int i = 0; i < numbers.count; ++i) {
        const Real* const place = numbers.place[i];
        y[i] = place ? *place : std::numeric_limits<Real>::quiet_NaN();
        if (place && !std::isfinite(y[i])) *proceed = 0;
    }
    y[numbers.count] = *proceed;
}

}  // namespace sinter::kernels
#endif
