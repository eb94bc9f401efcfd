// Optimizer steps over a whole parameter arena in one pass: each number is read once and written once (and gradients
// once more where they are clipped). Definitions are PyTorch's. The kernels read what changes from step to step from
// device memory: the scalars of the step, and whether to take it at all. `proceed` is one number. Where it is 0 nothing
// is touched; null is the same as 1.
#pragma once

#include "kernels/contract.h"

namespace sinter::kernels {

/// The scalars of the current step, in device memory.
template <class Real>
struct StepScalars {
    Real learning_rate;
    Real bias_correction1;  ///< 1 - beta1^t   (Adam)
    Real bias_correction2;  ///< 1 - beta2^t   (Adam)
    Real gradient_scale;    ///< multiplies every gradient before use: 1, or the factor of gradient clipping
};

struct AdamOptions {
    double beta1 = 0.9;
    double beta2 = 0.999;
    /// PyTorch's epsilon. It is added to the corrected root, as in the paper's algorithm. Keras and TensorFlow add
    /// theirs, 1e-7 by default, to the root before its correction. Their 1e-7 is 1e-7 / sqrt(1 - beta2^t) here: 3e-6 in
    /// the first step, and falling to 1e-7.
    double epsilon = 1e-8;
    double weight_decay = 0;
    double l1 = 0;           ///< weight of the sum of |w|
    bool decoupled = false;  ///< AdamW: both penalties act on the parameter, not through the gradient
};

/// Adam (Kingma & Ba, arXiv:1412.6980) or AdamW (Loshchilov & Hutter, arXiv:1711.05101). g = gradient_scale * dw;
///   AdamW: w -= lr wd w.   Adam: g += wd w + l1 sign(w).   m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;
///   w -= lr / bias_correction1 * m / (sqrt(v / bias_correction2) + epsilon)
///   AdamW: w = sign(w) max(|w| - lr l1, 0)
/// Here and below sign(0) = 0, which is a subgradient of |w|. Decoupled, the penalty is its proximal step (soft
/// thresholding): parameters become exactly zero and stay so, where subgradients swing around it.
/// A moment that falls below the smallest normal float becomes zero. Otherwise the moments of dead units would stay
/// subnormal for ever, and arithmetic on subnormals is slow.
SINTER_KERNEL(adam, Real* w, Real* m, Real* v, const Real* dw, Index count, const AdamOptions& options,
              const StepScalars<Real>* step, const Real* proceed);

struct RmspropOptions {
    double alpha = 0.99;
    double epsilon = 1e-8;
    double momentum = 0;
    double weight_decay = 0;
    double l1 = 0;
};

/// g = gradient_scale * dw + wd w + l1 sign(w);  v = alpha v + (1-alpha) g^2;
/// b = momentum b + g / (sqrt(v) + epsilon);  w -= lr b
/// `buffer` may be null when momentum is 0.
SINTER_KERNEL(rmsprop, Real* w, Real* v, Real* buffer, const Real* dw, Index count, const RmspropOptions& options,
              const StepScalars<Real>* step, const Real* proceed);

struct SgdOptions {
    double momentum = 0;
    double weight_decay = 0;
    double l1 = 0;
    bool nesterov = false;
};

/// g = gradient_scale * dw + wd w + l1 sign(w);  b = momentum b + g;  w -= lr (nesterov ? g + momentum b : b)
/// `buffer` may be null when momentum is 0.
SINTER_KERNEL(sgd, Real* w, Real* buffer, const Real* dw, Index count, const SgdOptions& options,
              const StepScalars<Real>* step, const Real* proceed);

/// step->gradient_scale = min(1, max_norm / (sqrt(sum_squares[0]) + 1e-6)): clipping by the global norm
SINTER_KERNEL(clip_scale, StepScalars<Real>* step, const Real* sum_squares, double max_norm);

/// The decays that Adam's bias corrections follow from; 0 where an optimizer has none.
struct StepDecays {
    double beta1 = 0, beta2 = 0;
};

/// For optimizers whose steps can be held on the device, where the host cannot count them. The step is taken where
/// `proceed` allows it and held[0] is 0 (null: it is not held): proceeds[0] = 1, steps[0] += 1, and step has the bias
/// corrections 1 - beta^steps[0]. Else proceeds[0] = 0, and all others stay. `proceeds` is then the `proceed` of the
/// update.
SINTER_KERNEL(count_step, Real* proceeds, std::int64_t* steps, StepScalars<Real>* step, const Real* held,
              const Real* proceed, const StepDecays& decays);

/// Between which costs of a discriminator its game is even.
struct EvenCosts {
    double low, high;
};

/// Which of the two players of a GAN is held in a step (1) or learns (0), by what the discriminator pays for real and
/// for fake images (Larsen et al., arXiv:1512.09300): itself where one of the costs is below even.low, the generator
/// where one is above even.high, nobody where both would be.
SINTER_KERNEL(hold_players, Real* discriminator_held, Real* generator_held, const Real* real_cost,
              const Real* fake_cost, const EvenCosts& even);

/// The places of a step's numbers (losses, mostly) in device memory. A place is null for a number that the step does
/// not have.
template <class Real>
struct NumberPlaces {
    static constexpr int kMaxNumbers = 8;
    const Real* place[kMaxNumbers] = {};
    int count = 0;
};

/// y[i] = *numbers.place[i], or NaN, for the host to read. Where a number that exists is NaN or infinite,
/// proceed[0] = 0; else it stays. y[count] = proceed[0]. The host learns of the number some steps later, and still
/// finds the weights as they were before it.
SINTER_KERNEL(gather_step_numbers, Real* y, const NumberPlaces<Real>& numbers, Real* proceed);

}  // namespace sinter::kernels
