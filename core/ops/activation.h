// Pointwise activations: as values that layers fuse, and as ops. All have derivatives of every order.
#pragma once

#include "core/tensor.h"
#include "kernels/activation.h"

namespace sinter {

class Backward;

using kernels::Activation;
using kernels::ActivationKind;
using kernels::keeps_input;

/// f(x), elementwise; see kernels/activation.h for the functions.
Tensor activate(const Tensor& x, Activation f);

/// f'(x), elementwise, from what f keeps: x itself where keeps_input(f.kind), else y = f(x).
Tensor activation_slope(const Tensor& kept, Activation f);
/// f'(x), elementwise, from x.
Tensor slope_at(const Tensor& x, Activation f);

/// The activations by name: without a tensor as values, for layers.
constexpr Activation identity() { return {}; }
constexpr Activation relu() { return {ActivationKind::relu}; }
/// Throw UsageError unless the slope is positive: the gradient tells the two sides apart by the sign of the output.
Activation leaky_relu(double negative_slope = 0.01);
Activation elu(double alpha = 1);
constexpr Activation sigmoid() { return {ActivationKind::sigmoid}; }
constexpr Activation tanh() { return {ActivationKind::tanh}; }
constexpr Activation softplus() { return {ActivationKind::softplus}; }
constexpr Activation exp() { return {ActivationKind::exp}; }
constexpr Activation gelu() { return {ActivationKind::gelu}; }
constexpr Activation silu() { return {ActivationKind::silu}; }

/// The same as ops.
inline Tensor relu(const Tensor& x) { return activate(x, relu()); }
inline Tensor leaky_relu(const Tensor& x, double negative_slope = 0.01) {
    return activate(x, leaky_relu(negative_slope));
}
inline Tensor elu(const Tensor& x, double alpha = 1) { return activate(x, elu(alpha)); }
inline Tensor sigmoid(const Tensor& x) { return activate(x, sigmoid()); }
inline Tensor tanh(const Tensor& x) { return activate(x, tanh()); }
inline Tensor softplus(const Tensor& x) { return activate(x, softplus()); }
inline Tensor exp(const Tensor& x) { return activate(x, exp()); }
inline Tensor gelu(const Tensor& x) { return activate(x, gelu()); }
inline Tensor silu(const Tensor& x) { return activate(x, silu()); }

/// For ops y = f(s) that compute f with s, where f keeps no input. What backward needs: y, or nothing for identity.
Tensor kept_output(const Tensor& y, Activation f);
/// ds = dy f'(y), from what kept_output() gave. Where the gradient of the bias along the last axis, the op's input of
/// that number, is wanted, it is delivered too.
Tensor through_activation(Backward& back, const Tensor& kept, Activation f, int bias);

}  // namespace sinter
