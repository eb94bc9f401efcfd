// Layer normalisation on the tape, fused with the activation that follows it.
#pragma once

#include "core/ops/activation.h"
#include "core/tensor.h"
#include "kernels/layer_norm.h"

namespace sinter {

using kernels::LayerNormOptions;

/// y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta) (Ba, Kiros and Hinton, arXiv:1607.06450). The innermost
/// axes of x have the given sizes; mean and biased variance are those of the values along these axes, for each index of
/// the other axes by itself. gamma and beta have these sizes too, or are [channels] with channels the last of them. Has
/// derivatives of every order. Throws UsageError where shapes do not fit.
Tensor layer_norm(const Tensor& x, const Shape& sizes, const Tensor& gamma, const Tensor& beta,
                  const LayerNormOptions& options = {});

}  // namespace sinter
