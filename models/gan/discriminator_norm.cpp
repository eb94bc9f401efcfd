#include "models/gan/discriminator_norm.h"

namespace sinter {

bool has_norm_layers(DiscriminatorNorm norm) {
    switch (norm) {
        case DiscriminatorNorm::none:
        case DiscriminatorNorm::spectral:
            return false;
        case DiscriminatorNorm::batch:
        case DiscriminatorNorm::layer:
            return true;
    }
    return false;
}

void add_norm_layer(Sequential& features, const std::string& name, DiscriminatorNorm norm, const Shape& sizes,
                    Activation activation, Generator& init) {
    switch (norm) {
        case DiscriminatorNorm::none:
        case DiscriminatorNorm::spectral:
            return;
        case DiscriminatorNorm::batch:
            features.add<BatchNorm>(
                name, sizes[-1], init,
                BatchNormLayerOptions{.activation = activation, .gamma_init = init::normal(1, 0.02)});
            return;
        case DiscriminatorNorm::layer:
            // As the authors of WGAN-GP recommend it to critics: over each image, with a gain and an offset a channel.
            // These are as many parameters as batch norm has, and they do not depend on the place, as a convolution's.
            features.add<LayerNorm>(name, sizes, init,
                                    LayerNormLayerOptions{.activation = activation, .per_channel = sizes.rank() > 1});
            return;
    }
}

}  // namespace sinter
