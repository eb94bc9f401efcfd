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
constexpr Activation leaky_relu(float negative_slope = 0.01f) { return {ActivationKind::leaky_relu, negative_slope}; }
constexpr Activation elu(float alpha = 1.0f) { return {ActivationKind::elu, alpha}; }
constexpr Activation sigmoid() { return {ActivationKind::sigmoid}; }
constexpr Activation tanh() { return {ActivationKind::tanh}; }
constexpr Activation softplus() { return {ActivationKind::softplus}; }
constexpr Activation exponential() { return {ActivationKind::exp}; }

}  // namespace sinter
