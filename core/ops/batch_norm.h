// Batch normalisation on the tape, fused with the activation that follows it.
#pragma once

#include "core/ops/activation.h"
#include "core/tensor.h"
#include "kernels/batch_norm.h"

namespace sinter {

using kernels::BatchNormOptions;

/// Training: y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta) with the statistics of the batch over all axes
/// but the last, which is the channels; x has at least two rows. The running statistics [channels] move by the momentum
/// (undefined: not tracked; under a Watch they stand still, because it takes a step a second time). gamma and beta are
/// [channels]. Has derivatives of every order. Throws UsageError, as the next one does, where shapes do not fit.
Tensor batch_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, const Tensor& running_mean,
                  const Tensor& running_variance, const BatchNormOptions& options);

/// Evaluation: the same with the running statistics in place of the batch's, folded into one scale and shift. They are
/// constants: dx = gamma / sqrt(running_variance + epsilon) dy f'. Has derivatives of every order.
Tensor batch_norm_inference(const Tensor& x, const Tensor& gamma, const Tensor& beta, const Tensor& running_mean,
                            const Tensor& running_variance, const BatchNormOptions& options);

}  // namespace sinter
