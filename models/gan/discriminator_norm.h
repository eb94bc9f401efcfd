// What normalises the layers of a discriminator, and how its norm layers are made.
#pragma once

#include <string>

#include "core/names.h"
#include "core/nn/layers.h"

namespace sinter {

/// What normalises the discriminator's layers. Batch normalisation is for images of 32 and 64 pixels, which were
/// published with it; the other discriminators have none. It makes the logit of one image depend on the others of the
/// batch, so a penalty on the gradient for each image is to go with another (Gulrajani et al., arXiv:1704.00028,
/// section 4, who recommend layer normalisation).
enum class DiscriminatorNorm {
    none,
    batch,
    layer,    ///< each image by itself over all of its pixels and channels, with a gain and an offset a channel
    spectral  ///< of the weights (SN-GAN, Miyato et al., arXiv:1802.05957)
};

inline constexpr Named<DiscriminatorNorm> kDiscriminatorNorms[] = {{"none", DiscriminatorNorm::none},
                                                                   {"batch", DiscriminatorNorm::batch},
                                                                   {"layer", DiscriminatorNorm::layer},
                                                                   {"spectral", DiscriminatorNorm::spectral}};

/// Whether the norm is a layer behind each hidden layer. It then holds the bias and the activation.
bool has_norm_layers(DiscriminatorNorm norm);

/// Appends that layer, if there is one, behind features of these sizes: {channels}, or {height, width, channels} of
/// images. Gain of batch norm: N(1, 0.02), as Radford et al. have it; of layer norm: 1.
void add_norm_layer(Sequential& features, const std::string& name, DiscriminatorNorm norm, const Shape& sizes,
                    Activation activation, Generator& init);

}  // namespace sinter
