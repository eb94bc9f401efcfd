#include "models/dcgan.h"

#include "core/check.h"
#include "core/watch.h"

namespace sinter {

Dcgan::Dcgan(const DcganOptions& options, Generator& init, Generator& noise) : options_(options) {
    require(options.channels >= 1 && options.latent >= 1 && options.base_width >= 1,
            "[dcgan] expected at least one channel, latent unit and unit of width, got {}, {} and {}", options.channels,
            options.latent, options.base_width);
    if (options.size == 28)
        build_28(init, noise);
    else if (options.size == 32 || options.size == 64)
        build_power_of_two(init);
    else
        throw UsageError(fmt::format("[dcgan] expected images of 28, 32 or 64 pixels a side, got {}", options.size));
}

// TensorFlow's tutorial: kernels of 5, padding 'same', LeakyReLU 0.3, Keras' batch norm (epsilon 1e-3, momentum 0.99,
// which is 0.01 in PyTorch's terms) and Glorot's initialisation; no bias where batch norm follows, none in the
// generator at all.
void Dcgan::build_28(Generator& init, Generator& noise) {
    const Index width = options_.base_width;
    const Activation leaky = leaky_relu(0.3);
    const BatchNormLayerOptions norm{.epsilon = 1e-3, .momentum = 0.01, .activation = leaky};
    const auto up = [&](Index stride, Activation activation) {
        return Conv2dOptions{.stride = stride,
                             .same = true,
                             .activation = activation,
                             .bias = false,
                             .weight_init = init::glorot_uniform()};
    };
    generator_.add<Linear>("dense", options_.latent, 49 * 4 * width, init,
                           LinearOptions{.bias = false, .weight_init = init::glorot_uniform()});
    generator_.add<BatchNorm>("norm0", 49 * 4 * width, init, norm);
    generator_.add<Reshape>("reshape", std::vector<Index>{7, 7, 4 * width});
    generator_.add<ConvTranspose2d>("up1", 4 * width, 2 * width, 5, init, up(1, identity()));
    generator_.add<BatchNorm>("norm1", 2 * width, init, norm);
    generator_.add<ConvTranspose2d>("up2", 2 * width, width, 5, init, up(2, identity()));
    generator_.add<BatchNorm>("norm2", width, init, norm);
    generator_.add<ConvTranspose2d>("up3", width, options_.channels, 5, init, up(2, tanh()));

    const Conv2dOptions down{.stride = 2,
                             .same = true,
                             .activation = leaky,
                             .weight_init = init::glorot_uniform(),
                             .bias_init = init::zeros()};
    discriminator_.add<Conv2d>("down1", options_.channels, width, 5, init, down);
    discriminator_.add<Dropout>("dropout1", 0.3, noise);
    discriminator_.add<Conv2d>("down2", width, 2 * width, 5, init, down);
    discriminator_.add<Dropout>("dropout2", 0.3, noise);
    discriminator_.add<Flatten>("flatten");
    discriminator_.add<Linear>("logit", 49 * 2 * width, 1, init,
                               LinearOptions{.weight_init = init::glorot_uniform(), .bias_init = init::zeros()});
}

// Radford's: kernels of 4, stride 2, padding 1; every stage doubles or halves the image. 64 pixels have four such
// stages in each network besides the first or last one between a single pixel and 4x4; 32 pixels have three.
void Dcgan::build_power_of_two(Generator& init) {
    const Initialiser weights = init::normal(0, 0.02), gamma = init::normal(1, 0.02);
    const Index stages = options_.size == 64 ? 4 : 3;
    const auto conv = [&](Index stride, Index padding, Activation activation) {
        return Conv2dOptions{.stride = stride,
                             .padding = {padding, padding},
                             .activation = activation,
                             .bias = false,
                             .weight_init = weights};
    };
    const auto norm = [&](Activation activation) {
        return BatchNormLayerOptions{.activation = activation, .gamma_init = gamma};
    };

    Index width = options_.base_width << (stages - 1);
    generator_.add<Reshape>("reshape", std::vector<Index>{1, 1, options_.latent});
    generator_.add<ConvTranspose2d>("up0", options_.latent, width, 4, init, conv(1, 0, identity()));
    generator_.add<BatchNorm>("norm0", width, init, norm(relu()));
    for (Index stage = 1; stage < stages; ++stage, width /= 2) {
        generator_.add<ConvTranspose2d>("up" + std::to_string(stage), width, width / 2, 4, init,
                                        conv(2, 1, identity()));
        generator_.add<BatchNorm>("norm" + std::to_string(stage), width / 2, init, norm(relu()));
    }
    generator_.add<ConvTranspose2d>("up" + std::to_string(stages), width, options_.channels, 4, init,
                                    conv(2, 1, tanh()));

    const Activation leaky = leaky_relu(0.2);
    discriminator_.add<Conv2d>("down0", options_.channels, width, 4, init, conv(2, 1, leaky));
    for (Index stage = 1; stage < stages; ++stage, width *= 2) {
        discriminator_.add<Conv2d>("down" + std::to_string(stage), width, 2 * width, 4, init, conv(2, 1, identity()));
        discriminator_.add<BatchNorm>("norm" + std::to_string(stage), 2 * width, init, norm(leaky));
    }
    discriminator_.add<Conv2d>("logit", width, 1, 4, init, conv(1, 0, identity()));
    discriminator_.add<Flatten>("flatten");
}

Tensor Dcgan::generate(const Tensor& z) {
    const Scope scope("generator");
    return generator_.forward(z);
}

Tensor Dcgan::discriminate(const Tensor& images) {
    const Scope scope("discriminator");
    return discriminator_.forward(images);
}

}  // namespace sinter
