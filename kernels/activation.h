// Pointwise activations and their gradients.
#pragma once

#include "kernels/contract.h"

namespace sinter::kernels {

enum class ActivationKind : std::uint8_t { identity, relu, leaky_relu, elu, sigmoid, tanh, softplus, exp, gelu, silu };

/// A pointwise function f, by PyTorch's names and definitions. Phi and phi are the distribution function and the
/// density of the standard normal.
///   relu        max(x, 0)                     f' = y > 0 ? 1 : 0
///   leaky_relu  x > 0 ? x : slope*x           f' = y > 0 ? 1 : slope             (slope > 0)
///   elu         x > 0 ? x : slope*(e^x - 1)   f' = x > 0 ? 1 : slope*e^x
///   sigmoid     1 / (1 + e^-x)                f' = y (1 - y)
///   tanh                                      f' = 1 - y^2
///   softplus    log(1 + e^x), no overflow     f' = 1 - e^-y
///   exp         e^x                           f' = y
///   gelu        x Phi(x)                      f' = Phi(x) + x phi(x)
///   silu        x sigmoid(x)                  f' = sigmoid(x) (1 + x (1 - sigmoid(x)))
struct Activation {
    ActivationKind kind = ActivationKind::identity;
    float slope = 0;  ///< negative slope of leaky_relu, alpha of elu; unused otherwise

    bool operator==(const Activation&) const = default;
};

/// phi(0) = 1 / sqrt(2 pi)
inline constexpr double kStandardNormalPeak = 0.39894228040143267794;

/// Whether the gradient is computed from the input x, which must be kept for it. That of the others is computed from
/// the output y: a product whose epilogue applies f need not keep x. "kept" below is the one of both that it is.
constexpr bool keeps_input(ActivationKind kind) {
    switch (kind) {
        case ActivationKind::identity:
        case ActivationKind::relu:
        case ActivationKind::leaky_relu:
        case ActivationKind::sigmoid:
        case ActivationKind::tanh:
        case ActivationKind::softplus:
        case ActivationKind::exp:
            return false;
        case ActivationKind::elu:  // slope*e^x = y + slope would lose its digits far below zero
        case ActivationKind::gelu:
        case ActivationKind::silu:
            return true;
    }
    return false;
}

/// y = f(x). In place allowed (y == x).
SINTER_KERNEL(activation_forward, Real* y, const Real* x, Index count, Activation activation);

/// dx = dy * f'. In place allowed (dx == dy).
SINTER_KERNEL(activation_backward, Real* dx, const Real* dy, const Real* kept, Index count, Activation activation);

/// Backward of y = f(x + bias) over rows, in one pass over dy and what was kept:
///   dx = dy * f'                         [rows, columns]   in place allowed (dx == dy)
///   dbias = (or += if accumulate) column sums of dx   [columns]
SINTER_KERNEL(bias_activation_backward, Real* dx, Real* dbias, const Real* dy, const Real* kept, MatrixShape shape,
              Activation activation, bool accumulate);

}  // namespace sinter::kernels
