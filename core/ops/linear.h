// Matrix products on the tape: the plain product and the fused dense layer.
#pragma once

#include "core/ops/activation.h"
#include "core/tensor.h"

namespace sinter {

/// op(a) op(b) for matrices, op(x) being x or its transpose: [m, k] times [k, n]. Has derivatives of every order.
Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

/// f(x weight + bias) in one kernel: x [batch, in], weight [in, out], bias [out] or undefined. Has derivatives of every
/// order.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation = identity());

}  // namespace sinter
