// A GAN of dense layers, for images of any size.
//
//     z -> [dense, LeakyReLU] x 2 -> dense, tanh -> image
//     image -> [dense, LeakyReLU] x 2 -> one logit
#pragma once

#include "models/gan/gan.h"

namespace sinter {

/// Appends the layers that turn codes [batch, code] into images through `output`, which is tanh in a GAN. The hidden
/// layers have 4 and 8 times base_width units, 256 and 512. Initialised like PyTorch's Linear.
void add_dense_generator(Sequential& layers, Index code, const GanOptions& options, Activation output, Generator& init);

/// Appends the mirrored layers that turn images into features, with the norm of the options, and returns their size.
FlattenedImage add_dense_features(Sequential& features, const GanOptions& options, Generator& init);

/// Appends the features of a discriminator, and returns the layer that judges them.
LogitLayer add_dense_discriminator(Sequential& features, const GanOptions& options, Generator& init);

}  // namespace sinter
