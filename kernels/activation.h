// Pointwise activations and their gradients. Gradients are taken from the output y, so the input need not be kept.
#pragma once

#include "kernels/contract.h"

namespace sinter::kernels {

/// Only functions whose slope follows from y; others (GELU, SiLU) are ops of their own that keep x: kernels in
/// elementwise, with a `_backward`, and a function in core/ops (docs/extending.md).
enum class ActivationKind : std::uint8_t { identity, relu, leaky_relu, elu, sigmoid, tanh, softplus, exp };

/// A pointwise function f, by PyTorch's names and definitions.
///   relu        max(x, 0)                     f'(y) = y > 0 ? 1 : 0
///   leaky_relu  x > 0 ? x : slope*x           f'(y) = y > 0 ? 1 : slope             (slope > 0)
///   elu         x > 0 ? x : slope*(e^x - 1)   f'(y) = y > 0 ? 1 : y + slope         (slope > 0)
///   sigmoid     1 / (1 + e^-x)                f'(y) = y (1 - y)
///   tanh                                      f'(y) = 1 - y^2
///   softplus    log(1 + e^x), no overflow     f'(y) = 1 - e^-y
///   exp         e^x                           f'(y) = y
struct Activation {
    ActivationKind kind = ActivationKind::identity;
    float slope = 0;  ///< negative slope of leaky_relu, alpha of elu; unused otherwise

    bool operator==(const Activation&) const = default;
};

/// y = f(x). In place allowed (y == x).
SINTER_KERNEL(activation_forward, Real* y, const Real* x, Index count, Activation activation);

/// dx = dy * f'(y), from the output y of the forward pass. In place allowed (dx == dy).
SINTER_KERNEL(activation_backward, Real* dx, const Real* dy, const Real* y, Index count, Activation activation);

/// Backward of y = f(x + bias) over rows, in one pass over dy and y:
///   dx = dy * f'(y)                      [rows, columns]   in place allowed (dx == dy)
///   dbias = (or += if accumulate) column sums of dx   [columns]
SINTER_KERNEL(bias_activation_backward, Real* dx, Real* dbias, const Real* dy, const Real* y, MatrixShape shape,
              Activation activation, bool accumulate);

}  // namespace sinter::kernels
