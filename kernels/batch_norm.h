// Batch normalisation (Ioffe and Szegedy, "Batch normalization", ICML 2015), fused with the activation that follows it.
//
// The matrix is [rows, channels]: NHWC images are [batch * height * width, channels] as they lie, features [batch,
// channels]. Definitions are PyTorch's: the biased variance normalises, the unbiased one is tracked.
#pragma once

#include "kernels/activation.h"
#include "kernels/contract.h"

namespace sinter::kernels {

struct BatchNormOptions {
    double epsilon = 1e-5;  ///< added to the variance
    double momentum = 0.1;  ///< share of the batch in the running statistics
    Activation activation;  ///< f, applied to the normalised values
};

/// Training: normalises by the batch's own statistics.
///   y = f(gamma (x - mean) inverse_deviation + beta)                    [rows, channels]
///   mean, inverse_deviation = 1 / sqrt(biased variance + epsilon)       [channels], what backward needs
///   running_mean     = (1 - momentum) running_mean     + momentum mean
///   running_variance = (1 - momentum) running_variance + momentum unbiased variance; both may be null together
/// A column of one row has no unbiased variance: with running statistics, shape.rows is 0 or at least 2.
SINTER_KERNEL(batch_norm_forward, Real* y, Real* mean, Real* inverse_deviation, Real* running_mean,
              Real* running_variance, const Real* x, const Real* gamma, const Real* beta, MatrixShape shape,
              const BatchNormOptions& options);

/// Gradients of batch_norm_forward, from its input x and the statistics that it wrote; y is computed again. With
/// xhat = (x - mean) inverse_deviation, s = gamma xhat + beta and ds = dy f'(s):
///   dbeta  = (or += if accumulate) column sums of ds                    [channels]
///   dgamma = (or += if accumulate) column sums of ds xhat               [channels]
///   dx = gamma inverse_deviation (ds - (sum ds + xhat sum ds xhat) / rows)      [rows, channels], in place allowed
///                                                                               (dx == dy)
SINTER_KERNEL(batch_norm_backward, Real* dx, Real* dgamma, Real* dbeta, const Real* dy, const Real* x,
              const Real* gamma, const Real* beta, const Real* mean, const Real* inverse_deviation, MatrixShape shape,
              Activation activation, bool accumulate);

/// Evaluation: y = f(gamma (x - running_mean) / sqrt(running_variance + epsilon) + beta). In place allowed (y == x).
SINTER_KERNEL(batch_norm_inference, Real* y, const Real* x, const Real* gamma, const Real* beta,
              const Real* running_mean, const Real* running_variance, MatrixShape shape, double epsilon,
              Activation activation);

}  // namespace sinter::kernels
