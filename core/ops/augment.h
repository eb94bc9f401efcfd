// Differentiable augmentation of images: random colours, translations and cutouts that gradients pass through.
#pragma once

#include "core/random.h"
#include "core/tensor.h"
#include "kernels/augment.h"

namespace sinter {

using kernels::Augmentation;

/// Images [batch, height, width, channels], each through transformations of its own (kernels/augment.h). Zeros come in
/// from beyond the border, and are the middle of pixels in [-1, 1]. Takes one draw, unless there is nothing to do.
/// Nothing is stored: backward draws again. Has derivatives of every order. Throws UsageError for what is no batch of
/// images.
Tensor augment(const Tensor& images, const Augmentation& which, Generator& generator);

}  // namespace sinter
