// Log-likelihoods of images under what a decoder gave for them, one for each row. Not on the tape: they measure models,
// the losses of core/losses/loss.h train them.
#pragma once

#include "core/tensor.h"

namespace sinter {

/// log p(targets | logits) in nats: [rows]. Logits are rows, of any shape; targets [images, ...] are of the same shape
/// but for the first axis, and rows is a multiple of images: row r belongs to image r / (rows / images). Targets in
/// {0, 1}; for those between, minus the cross-entropy. See kernels/likelihood.h.
Tensor bernoulli_log_likelihood(const Tensor& logits, const Tensor& targets);

/// log p(targets | means, e^log_variance), a density with its constants, the same way.
Tensor gaussian_log_likelihood(const Tensor& means, const Tensor& targets, double log_variance);

}  // namespace sinter
