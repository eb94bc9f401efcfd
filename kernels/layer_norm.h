// Layer normalisation (Ba, Kiros and Hinton, arXiv:1607.06450), fused with the activation that follows it.
#pragma once

#include "kernels/activation.h"
#include "kernels/contract.h"

namespace sinter::kernels {

/// A matrix whose rows are normalised each by itself. The columns are a whole number of times `channels`, and column c
/// has the gain and the offset of channel c % channels. NHWC images are [batch, height * width * channels]; a row may
/// also be a single pixel, or have a channel for every column.
struct LayerNormShape {
    Index rows = 0, columns = 0, channels = 1;

    constexpr Index count() const { return rows * columns; }
    /// The same numbers with a row for every repetition of the channels.
    constexpr MatrixShape by_channel() const { return {count() / channels, channels}; }
};

struct LayerNormOptions {
    double epsilon = 1e-5;  ///< added to the variance
    Activation activation;  ///< f, applied to the normalised values
};

/// y = f(gamma (x - mean) inverse_deviation + beta)                     [rows, columns]
/// mean, inverse_deviation = 1 / sqrt(biased variance + epsilon)        [rows], what backward needs
/// gamma and beta are [channels].
SINTER_KERNEL(layer_norm_forward, Real* y, Real* mean, Real* inverse_deviation, const Real* x, const Real* gamma,
              const Real* beta, const LayerNormShape& shape, const LayerNormOptions& options);

/// Gradients of layer_norm_forward, from its input x and the statistics that it wrote; y is computed again. With
/// xhat = (x - mean) inverse_deviation, s = gamma xhat + beta, ds = dy f'(s) and g = gamma ds:
///   dbeta  = (or += if accumulate) sums of ds over all that a channel has         [channels]
///   dgamma = (or += if accumulate) sums of ds xhat                                [channels]
///   dx = inverse_deviation (g - (sum g + xhat sum g xhat) / columns), with sums over the row
///                                                                  [rows, columns], in place allowed (dx == dy)
SINTER_KERNEL(layer_norm_backward, Real* dx, Real* dgamma, Real* dbeta, const Real* dy, const Real* x,
              const Real* gamma, const Real* beta, const Real* mean, const Real* inverse_deviation,
              const LayerNormShape& shape, Activation activation, bool accumulate);

}  // namespace sinter::kernels
