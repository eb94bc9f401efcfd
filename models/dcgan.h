// Deep convolutional GANs (Radford et al., arXiv:1511.06434), as TensorFlow's tutorial has them for 28x28 images and as
// PyTorch's example has them for 64x64 (and, one stage less, 32x32).
//
//     z -> [transposed convolution, batch norm, (Leaky)ReLU]... -> tanh -> image
//     image -> [convolution, (a norm,) LeakyReLU, (dropout)]... -> one logit
#pragma once

#include "models/gan.h"

namespace sinter {

/// Throws UsageError unless `size` is 28, 32 or 64.
void require_dcgan_size(Index size);

/// Appends the layers that turn codes [batch, code] into images. Weights are Glorot uniform for 28, N(0, 0.02) with
/// gamma N(1, 0.02) for 32 and 64, drawn from `init`.
void add_dcgan_generator(Sequential& layers, Index code, const GanOptions& options, Generator& init);

/// Appends the layers that turn images into features, and returns the one that judges these. `noise` gives the dropout
/// masks of 28.
LogitLayer add_dcgan_discriminator(Sequential& features, const GanOptions& options, Generator& init, Generator& noise);

}  // namespace sinter
