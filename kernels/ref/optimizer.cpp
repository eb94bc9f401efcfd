// Reference optimizer steps.
#include "kernels/optimizer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/ref/instantiate.h"

namespace sinter::kernels {

namespace {

/// x, or zero where |x| is below the smallest normal float.
template <class Real>
Real without_subnormals(Real x) {
    return std::abs(x) < static_cast<Real>(std::numeric_limits<float>::min()) ? Real{0} : x;
}

template <class Real>
Real sign(Real x) {
    return static_cast<Real>(x > 0) - static_cast<Real>(x < 0);
}

/// sign(x) max(|x| - threshold, 0). NaN stays.
template <class Real>
Real soft_threshold(Real x, Real threshold) {
    return std::abs(x) <= threshold ? Real{0} : x - sign(x) * threshold;
}

}  // namespace

template <class Real>
void adam(RefQueue<Real>&, Real* w, Real* m, Real* v, const Real* dw, Index count, const AdamOptions& options,
          const StepScalars<Real>* step, const Real* proceed) {
    if (proceed && *proceed == 0) return;
    const Real beta1 = static_cast<Real>(options.beta1), one_minus_beta1 = static_cast<Real>(1 - options.beta1);
    const Real beta2 = static_cast<Real>(options.beta2), one_minus_beta2 = static_cast<Real>(1 - options.beta2);
    const Real epsilon = static_cast<Real>(options.epsilon), decay = static_cast<Real>(options.weight_decay);
    const Real l1 = static_cast<Real>(options.l1);
    for (Index i = 0; i < count; ++i) {
        Real g = step->gradient_scale * dw[i];
        if (options.decoupled)
            w[i] -= step->learning_rate * decay * w[i];
        else
            g += decay * w[i] + l1 * sign(w[i]);
        m[i] = without_subnormals(beta1 * m[i] + one_minus_beta1 * g);
        v[i] = without_subnormals(beta2 * v[i] + one_minus_beta2 * g * g);
        const Real denominator = std::sqrt(v[i] / step->bias_correction2) + epsilon;
        w[i] -= step->learning_rate / step->bias_correction1 * m[i] / denominator;
        if (options.decoupled) w[i] = soft_threshold(w[i], step->learning_rate * l1);
    }
}

template <class Real>
void rmsprop(RefQueue<Real>&, Real* w, Real* v, Real* buffer, const Real* dw, Index count,
             const RmspropOptions& options, const StepScalars<Real>* step, const Real* proceed) {
    if (proceed && *proceed == 0) return;
    const Real alpha = static_cast<Real>(options.alpha), one_minus_alpha = static_cast<Real>(1 - options.alpha);
    const Real epsilon = static_cast<Real>(options.epsilon), decay = static_cast<Real>(options.weight_decay);
    const Real l1 = static_cast<Real>(options.l1);
    const Real momentum = static_cast<Real>(options.momentum);
    for (Index i = 0; i < count; ++i) {
        const Real g = step->gradient_scale * dw[i] + decay * w[i] + l1 * sign(w[i]);
        v[i] = alpha * v[i] + one_minus_alpha * g * g;
        Real update = g / (std::sqrt(v[i]) + epsilon);
        if (options.momentum != 0) update = buffer[i] = momentum * buffer[i] + update;
        w[i] -= step->learning_rate * update;
    }
}

template <class Real>
void sgd(RefQueue<Real>&, Real* w, Real* buffer, const Real* dw, Index count, const SgdOptions& options,
         const StepScalars<Real>* step, const Real* proceed) {
    if (proceed && *proceed == 0) return;
    const Real momentum = static_cast<Real>(options.momentum), decay = static_cast<Real>(options.weight_decay);
    const Real l1 = static_cast<Real>(options.l1);
    for (Index i = 0; i < count; ++i) {
        const Real g = step->gradient_scale * dw[i] + decay * w[i] + l1 * sign(w[i]);
        Real update = g;
        if (options.momentum != 0) {
            buffer[i] = momentum * buffer[i] + g;
            update = options.nesterov ? g + momentum * buffer[i] : buffer[i];
        }
        w[i] -= step->learning_rate * update;
    }
}

template <class Real>
void clip_scale(RefQueue<Real>&, StepScalars<Real>* step, const Real* sum_squares, double max_norm) {
    const Real norm = std::sqrt(sum_squares[0]);
    step->gradient_scale = std::min(Real{1}, static_cast<Real>(max_norm) / (norm + static_cast<Real>(1e-6)));
}

template <class Real>
void count_step(RefQueue<Real>&, Real* proceeds, std::int64_t* steps, StepScalars<Real>* step, const Real* held,
                const Real* proceed, const StepDecays& decays) {
    const bool is_taken = !(proceed && *proceed == 0) && !(held && *held != 0);
    *proceeds = is_taken ? 1 : 0;
    if (!is_taken) return;
    const double t = static_cast<double>(++*steps);
    step->bias_correction1 = static_cast<Real>(1 - std::pow(decays.beta1, t));
    step->bias_correction2 = static_cast<Real>(1 - std::pow(decays.beta2, t));
}

template <class Real>
void hold_players(RefQueue<Real>&, Real* discriminator_held, Real* generator_held, const Real* real_cost,
                  const Real* fake_cost, const EvenCosts& even) {
    const Real low = static_cast<Real>(even.low), high = static_cast<Real>(even.high);
    const bool discriminator_leads = *real_cost < low || *fake_cost < low;
    const bool generator_leads = *real_cost > high || *fake_cost > high;
    *discriminator_held = discriminator_leads && !generator_leads ? 1 : 0;
    *generator_held = generator_leads && !discriminator_leads ? 1 : 0;
}

template <class Real>
void gather_step_numbers(RefQueue<Real>&, Real* y, const NumberPlaces<Real>& numbers, Real* proceed) {
    for (int i = 0; i < numbers.count; ++i) {
        const Real* const place = numbers.place[i];
        y[i] = place ? *place : std::numeric_limits<Real>::quiet_NaN();
        if (place && !std::isfinite(y[i])) *proceed = 0;
    }
    y[numbers.count] = *proceed;
}

SINTER_REF_INSTANTIATE(adam);
SINTER_REF_INSTANTIATE(rmsprop);
SINTER_REF_INSTANTIATE(sgd);
SINTER_REF_INSTANTIATE(clip_scale);
SINTER_REF_INSTANTIATE(count_step);
SINTER_REF_INSTANTIATE(hold_players);
SINTER_REF_INSTANTIATE(gather_step_numbers);

}  // namespace sinter::kernels
