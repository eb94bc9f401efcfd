// Optimizer steps on the device: one launch over the whole parameter arena, however many parameters it holds.
//
// Limiter: memory. Adam reads w, m, v and dw and writes w, m and v: 28 bytes a parameter, against some twenty
// operations. Every thread reads what changes from step to step from the same few bytes.
#include "kernels/optimizer.h"

#include <cfloat>
#include <cmath>

#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/quad.cuh"

namespace sinter::kernels {
namespace {

/// x, or zero where |x| is below the smallest normal number. NaN stays.
__device__ __forceinline__ float without_subnormals(float x) { return fabsf(x) < FLT_MIN ? 0.0f : x; }

/// g + l1 sign(w), with sign(0) = 0.
__device__ __forceinline__ float add_l1(float g, float l1, float w) {
    return l1 == 0 || w == 0 ? g : g + copysignf(l1, w);
}

/// sign(x) max(|x| - threshold, 0). NaN stays.
__device__ __forceinline__ float soft_threshold(float x, float threshold) {
    if (threshold == 0) return x;
    return fabsf(x) <= threshold ? 0.0f : x - copysignf(threshold, x);
}

/// AdamOptions as the kernel uses them.
struct AdamConstants {
    float beta1, one_minus_beta1, beta2, one_minus_beta2, epsilon;
    float gradient_decay, parameter_decay;  ///< weight decay: one of the two is zero
    float gradient_l1, parameter_l1;        ///< the same
};

__global__ void __launch_bounds__(kBlock)
    adam_kernel(float* w, float* m, float* v, const float* dw, Index count, AdamConstants constants,
                const StepScalars<float>* step, const float* proceed) {
    const Index i = kQuad * thread_of_grid(), left = count - i;
    if (left <= 0 || (proceed && *proceed == 0)) return;
    // The bias corrections move out of the loop:
    //   lr / c1 * m / (sqrt(v / c2) + epsilon)  =  (lr sqrt(c2) / c1) m / (sqrt(v) + epsilon sqrt(c2))
    const float learning_rate = step->learning_rate, scale = step->gradient_scale;
    const float root_correction2 = sqrtf(step->bias_correction2);
    const float rate = learning_rate * root_correction2 / step->bias_correction1;
    const float epsilon = constants.epsilon * root_correction2;
    const float parameter_decay = learning_rate * constants.parameter_decay;
    const float threshold = learning_rate * constants.parameter_l1;

    Quad parameter = load4(w + i, left), mean = load4(m + i, left), square = load4(v + i, left);
    const Quad gradient = load4(dw + i, left);
#pragma unroll
    for (int j = 0; j < kQuad; ++j) {
        const float old = parameter[j];
        const float decayed = __fmaf_rn(constants.gradient_decay, old, scale * gradient[j]);
        const float g = add_l1(decayed, constants.gradient_l1, old);
        mean[j] = without_subnormals(__fmaf_rn(constants.one_minus_beta1, g, constants.beta1 * mean[j]));
        square[j] = without_subnormals(__fmaf_rn(constants.one_minus_beta2, g * g, constants.beta2 * square[j]));
        parameter[j] = soft_threshold(
            __fmaf_rn(-parameter_decay, old, old) - rate * mean[j] / (sqrtf(square[j]) + epsilon), threshold);
    }
    store4(w + i, parameter, left);
    store4(m + i, mean, left);
    store4(v + i, square, left);
}

struct RmspropConstants {
    float alpha, one_minus_alpha, epsilon, momentum, weight_decay, l1;
};

__global__ void __launch_bounds__(kBlock)
    rmsprop_kernel(float* w, float* v, float* buffer, const float* dw, Index count, RmspropConstants constants,
                   const StepScalars<float>* step, const float* proceed) {
    const Index i = kQuad * thread_of_grid(), left = count - i;
    if (left <= 0 || (proceed && *proceed == 0)) return;
    const float learning_rate = step->learning_rate, scale = step->gradient_scale;
    const bool has_momentum = constants.momentum != 0;

    Quad parameter = load4(w + i, left), square = load4(v + i, left);
    const Quad gradient = load4(dw + i, left);
    Quad velocity = has_momentum ? load4(buffer + i, left) : Quad{};
#pragma unroll
    for (int j = 0; j < kQuad; ++j) {
        const float decayed = __fmaf_rn(constants.weight_decay, parameter[j], scale * gradient[j]);
        const float g = add_l1(decayed, constants.l1, parameter[j]);
        square[j] = __fmaf_rn(constants.one_minus_alpha, g * g, constants.alpha * square[j]);
        velocity[j] = __fmaf_rn(constants.momentum, velocity[j], g / (sqrtf(square[j]) + constants.epsilon));
        parameter[j] = __fmaf_rn(-learning_rate, velocity[j], parameter[j]);
    }
    store4(w + i, parameter, left);
    store4(v + i, square, left);
    if (has_momentum) store4(buffer + i, velocity, left);
}

struct SgdConstants {
    float momentum, weight_decay, l1;
    bool nesterov;
};

__global__ void __launch_bounds__(kBlock)
    sgd_kernel(float* w, float* buffer, const float* dw, Index count, SgdConstants constants,
               const StepScalars<float>* step, const float* proceed) {
    const Index i = kQuad * thread_of_grid(), left = count - i;
    if (left <= 0 || (proceed && *proceed == 0)) return;
    const float learning_rate = step->learning_rate, scale = step->gradient_scale;
    const bool has_momentum = constants.momentum != 0, nesterov = has_momentum && constants.nesterov;

    Quad parameter = load4(w + i, left);
    const Quad gradient = load4(dw + i, left);
    Quad velocity = has_momentum ? load4(buffer + i, left) : Quad{};
#pragma unroll
    for (int j = 0; j < kQuad; ++j) {
        const float decayed = __fmaf_rn(constants.weight_decay, parameter[j], scale * gradient[j]);
        const float g = add_l1(decayed, constants.l1, parameter[j]);
        velocity[j] = __fmaf_rn(constants.momentum, velocity[j], g);
        const float update = nesterov ? __fmaf_rn(constants.momentum, velocity[j], g) : velocity[j];
        parameter[j] = __fmaf_rn(-learning_rate, update, parameter[j]);
    }
    store4(w + i, parameter, left);
    if (has_momentum) store4(buffer + i, velocity, left);
}

__global__ void clip_scale_kernel(StepScalars<float>* step, const float* sum_squares, float max_norm) {
    const float factor = max_norm / (sqrtf(*sum_squares) + 1e-6f);
    step->gradient_scale = factor > 1 ? 1 : factor;  // a NaN norm stays NaN
}

/// 1 - beta^t without the cancellation of betas near 1.
__device__ __forceinline__ float bias_correction(float log_beta, float t) { return -expm1f(t * log_beta); }

__global__ void count_step_kernel(float* proceeds, std::int64_t* steps, StepScalars<float>* step, const float* held,
                                  const float* proceed, float log_beta1, float log_beta2) {
    const bool is_taken = !(proceed && *proceed == 0) && !(held && *held != 0);
    *proceeds = is_taken ? 1 : 0;
    if (!is_taken) return;
    const float t = static_cast<float>(++*steps);
    step->bias_correction1 = bias_correction(log_beta1, t);
    step->bias_correction2 = bias_correction(log_beta2, t);
}

__global__ void hold_players_kernel(float* discriminator_held, float* generator_held, const float* real_cost,
                                    const float* fake_cost, float low, float high) {
    const bool discriminator_leads = *real_cost < low || *fake_cost < low;
    const bool generator_leads = *real_cost > high || *fake_cost > high;
    *discriminator_held = discriminator_leads && !generator_leads ? 1 : 0;
    *generator_held = generator_leads && !discriminator_leads ? 1 : 0;
}

// One thread does it: a place that is known only at run time would put the list into local memory.
__global__ void gather_step_numbers_kernel(float* y, NumberPlaces<float> numbers, float* proceed) {
    float go_on = *proceed;
#pragma unroll
    for (int i = 0; i < NumberPlaces<float>::kMaxNumbers; ++i) {
        if (i >= numbers.count) continue;
        const float* const place = numbers.place[i];
        const float value = place ? *place : nanf("");
        y[i] = value;
        if (place && !isfinite(value)) go_on = 0;
    }
    y[numbers.count] = *proceed = go_on;
}

}  // namespace

void adam(CudaQueue& queue, Real* w, Real* m, Real* v, const Real* dw, Index count, const AdamOptions& options,
          const StepScalars<Real>* step, const Real* proceed) {
    const auto weight_decay = static_cast<float>(options.weight_decay), l1 = static_cast<float>(options.l1);
    const AdamConstants constants{static_cast<float>(options.beta1),
                                  static_cast<float>(1 - options.beta1),
                                  static_cast<float>(options.beta2),
                                  static_cast<float>(1 - options.beta2),
                                  static_cast<float>(options.epsilon),
                                  options.decoupled ? 0 : weight_decay,
                                  options.decoupled ? weight_decay : 0,
                                  options.decoupled ? 0 : l1,
                                  options.decoupled ? l1 : 0};
    launch<adam_kernel>(queue, blocks_for(parts(count, kQuad)), kBlock, 0, w, m, v, dw, count, constants, step,
                        proceed);
}

void rmsprop(CudaQueue& queue, Real* w, Real* v, Real* buffer, const Real* dw, Index count,
             const RmspropOptions& options, const StepScalars<Real>* step, const Real* proceed) {
    const RmspropConstants constants{static_cast<float>(options.alpha),        static_cast<float>(1 - options.alpha),
                                     static_cast<float>(options.epsilon),      static_cast<float>(options.momentum),
                                     static_cast<float>(options.weight_decay), static_cast<float>(options.l1)};
    launch<rmsprop_kernel>(queue, blocks_for(parts(count, kQuad)), kBlock, 0, w, v, buffer, dw, count, constants, step,
                           proceed);
}

void sgd(CudaQueue& queue, Real* w, Real* buffer, const Real* dw, Index count, const SgdOptions& options,
         const StepScalars<Real>* step, const Real* proceed) {
    const SgdConstants constants{static_cast<float>(options.momentum), static_cast<float>(options.weight_decay),
                                 static_cast<float>(options.l1), options.nesterov};
    launch<sgd_kernel>(queue, blocks_for(parts(count, kQuad)), kBlock, 0, w, buffer, dw, count, constants, step,
                       proceed);
}

void clip_scale(CudaQueue& queue, StepScalars<Real>* step, const Real* sum_squares, double max_norm) {
    launch<clip_scale_kernel>(queue, 1, 1, 0, step, sum_squares, static_cast<float>(max_norm));
}

void count_step(CudaQueue& queue, Real* proceeds, std::int64_t* steps, StepScalars<Real>* step, const Real* held,
                const Real* proceed, const StepDecays& decays) {
    launch<count_step_kernel>(queue, 1, 1, 0, proceeds, steps, step, held, proceed,
                              static_cast<float>(std::log(decays.beta1)), static_cast<float>(std::log(decays.beta2)));
}

void hold_players(CudaQueue& queue, Real* discriminator_held, Real* generator_held, const Real* real_cost,
                  const Real* fake_cost, const EvenCosts& even) {
    launch<hold_players_kernel>(queue, 1, 1, 0, discriminator_held, generator_held, real_cost, fake_cost,
                                static_cast<float>(even.low), static_cast<float>(even.high));
}

void gather_step_numbers(CudaQueue& queue, Real* y, const NumberPlaces<Real>& numbers, Real* proceed) {
    launch<gather_step_numbers_kernel>(queue, 1, 1, 0, y, numbers, proceed);
}

}  // namespace sinter::kernels
