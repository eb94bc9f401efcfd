// The objectives of adversarial training, on the logits of a discriminator.
#pragma once

#include "core/tensor.h"

namespace sinter {

/// Mean over the batch of the cross-entropy between sigmoid(logits) and one `target` in [0, 1] for all: 1 for real, 0
/// for fake, 0.9 for smoothed real labels. The generator's non-saturating loss is target 1 on its fakes (Goodfellow et
/// al., 2014).
Tensor logistic_gan_loss(const Tensor& logits, double target);

/// Mean over the batch of (logits - target)^2 (least squares GAN, Mao et al., arXiv:1611.04076).
Tensor least_squares_gan_loss(const Tensor& logits, double target);

/// Mean of max(0, 1 - logits) for real images, of max(0, 1 + logits) for fakes (hinge loss, Lim & Ye,
/// arXiv:1705.02894). The generator minimises wasserstein_loss(fakes, real).
Tensor hinge_gan_loss(const Tensor& logits, bool real);

/// -mean(logits) for real images, mean(logits) for fakes (Wasserstein GAN, Arjovsky et al., arXiv:1701.07875).
Tensor wasserstein_loss(const Tensor& logits, bool real);

}  // namespace sinter
