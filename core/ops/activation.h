// Pointwise activations on the tape.
#pragma once

#include "core/tensor.h"
#include "kernels/activation.h"

namespace sinter {

using kernels::Activation;
using kernels::ActivationKind;

/// f(x), elementwise; see kernels/activation.h for the functions. Has derivatives of every order.
Tensor activate(const Tensor& x, Activation activation);

/// f'(x) expressed through y = f(x), elementwise
Tensor activation_slope(const Tensor& y, Activation activation);

/// The activations by name, for layers and for activate().
constexpr Activation identity() { return {}; }
constexpr Activation relu() { return {ActivationKind::relu}; }
/// Throw UsageError unless the slope is positive: the gradient tells the two sides apart by the sign of the output.
Activation leaky_relu(double negative_slope = 0.01);
Activation elu(double alpha = 1);
constexpr Activation sigmoid() { return {ActivationKind::sigmoid}; }
constexpr Activation tanh() { return {ActivationKind::tanh}; }
constexpr Activation softplus() { return {ActivationKind::softplus}; }
constexpr Activation exponential() { return {ActivationKind::exp}; }

}  // namespace sinter
