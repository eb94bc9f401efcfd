// Deep convolutional GANs (Radford et al., arXiv:1511.06434), as TensorFlow's tutorial has them for 28x28 images and as
// PyTorch's example has them for 64x64. Other sizes have one stage less or more for each halving or doubling; no hidden
// image has more channels than PyTorch's widest.
//
//     z -> [transposed convolution, batch norm, (Leaky)ReLU]... -> tanh -> image
//     image -> [convolution, (a norm,) LeakyReLU, (dropout)]... -> one logit
#pragma once

#include "models/gan/gan.h"

namespace sinter {

inline constexpr Index kDcganSizes[] = {16, 28, 32, 64, 128, 256};

/// Throws UsageError unless `size` is one of them.
void require_dcgan_size(Index size);

/// Appends the layers that turn codes [batch, code] into images through `output`, which is tanh in a GAN. Weights are
/// Glorot uniform for 28, N(0, 0.02) with gamma N(1, 0.02) for the others, drawn from `init`.
void add_dcgan_generator(Sequential& layers, Index code, const GanOptions& options, Activation output, Generator& init);

/// Appends the layers that turn images into features, a stage for each convolution, and returns the sizes of these. The
/// norm is that of the options, whatever was published. `dropout_noise` gives the dropout masks of 28; null: there is
/// no dropout.
FlattenedImage add_dcgan_features(Sequential& features, const GanOptions& options, Generator& init,
                                  Generator* dropout_noise);

/// Appends the features of a discriminator, and returns the layer that judges them.
LogitLayer add_dcgan_discriminator(Sequential& features, const GanOptions& options, Generator& init, Generator& noise);

}  // namespace sinter
