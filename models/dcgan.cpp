#include "models/dcgan.h"

#include "core/check.h"

namespace sinter {
namespace {

// TensorFlow's tutorial: kernels of 5, padding 'same', LeakyReLU 0.3, Keras' batch norm (epsilon 1e-3, momentum 0.99,
// which is 0.01 in PyTorch's terms) and Glorot's initialisation; no bias where batch norm follows, none in the
// generator at all.
void add_generator_28(Sequential& layers, Index code, const GanOptions& options, Generator& init) {
    const Index width = options.base_width;
    const auto norm = [](FlattenedImage image = {}) {
        return BatchNormLayerOptions{.epsilon = 1e-3, .momentum = 0.01, .activation = leaky_relu(0.3), .image = image};
    };
    const auto up = [](Index stride, Activation activation) {
        return Conv2dOptions{.stride = stride,
                             .same = true,
                             .activation = activation,
                             .bias = false,
                             .weight_init = init::glorot_uniform()};
    };
    const FlattenedImage smallest{7, 7, 4 * width};
    layers.add<Linear>("dense", code, smallest.count(), init,
                       LinearOptions{.bias = false, .weight_init = init::glorot_uniform(), .output_image = smallest});
    layers.add<BatchNorm>("norm0", smallest.count(), init, norm(smallest));
    layers.add<Reshape>("reshape", std::vector<Index>{smallest.height, smallest.width, smallest.channels});
    layers.add<ConvTranspose2d>("up1", 4 * width, 2 * width, 5, init, up(1, identity()));
    layers.add<BatchNorm>("norm1", 2 * width, init, norm());
    layers.add<ConvTranspose2d>("up2", 2 * width, width, 5, init, up(2, identity()));
    layers.add<BatchNorm>("norm2", width, init, norm());
    layers.add<ConvTranspose2d>("up3", width, options.channels, 5, init, up(2, tanh()));
}

LogitLayer add_discriminator_28(Sequential& features, const GanOptions& options, Generator& init, Generator& noise) {
    const Index width = options.base_width;
    const Activation leaky = leaky_relu(0.3);
    const DiscriminatorNorm norm = options.discriminator_norm;
    const bool norm_layers = has_norm_layers(norm), spectral_norm = norm == DiscriminatorNorm::spectral;
    const Conv2dOptions down{.stride = 2,
                             .same = true,
                             .activation = norm_layers ? identity() : leaky,
                             .bias = !norm_layers,
                             .weight_init = init::glorot_uniform(),
                             .bias_init = init::zeros(),
                             .spectral_norm = spectral_norm};
    const auto add_stage = [&](const std::string& number, Index side, Index in, Index out) {
        features.add<Conv2d>("down" + number, in, out, 5, init, down);
        add_norm_layer(features, "norm" + number, norm, {side, side, out}, leaky, init);
        features.add<Dropout>("dropout" + number, 0.3, noise);
    };
    add_stage("1", 14, options.channels, width);
    add_stage("2", 7, width, 2 * width);
    features.add<Flatten>("flatten");
    const FlattenedImage smallest{7, 7, 2 * width};
    return {std::make_unique<Linear>(smallest.count(), 1, init,
                                     LinearOptions{.weight_init = init::glorot_uniform(),
                                                   .bias_init = init::zeros(),
                                                   .spectral_norm = spectral_norm,
                                                   .input_image = smallest}),
            smallest};
}

// Radford's: kernels of 4, stride 2, padding 1; every stage doubles or halves the image. 64 pixels have four such
// stages in each network besides the first or last one between a single pixel and 4x4; 32 pixels have three.
Index stage_count(const GanOptions& options) { return options.size == 64 ? 4 : 3; }

Conv2dOptions radford_conv(Index stride, Index padding, Activation activation) {
    return {.stride = stride,
            .padding = {padding, padding},
            .activation = activation,
            .bias = false,
            .weight_init = init::normal(0, 0.02)};
}

BatchNormLayerOptions radford_norm(Activation activation) {
    return {.activation = activation, .gamma_init = init::normal(1, 0.02)};
}

void add_radford_generator(Sequential& layers, Index code, const GanOptions& options, Generator& init) {
    const Index stages = stage_count(options);
    Index width = options.base_width << (stages - 1);
    layers.add<Reshape>("reshape", std::vector<Index>{1, 1, code});
    layers.add<ConvTranspose2d>("up0", code, width, 4, init, radford_conv(1, 0, identity()));
    layers.add<BatchNorm>("norm0", width, init, radford_norm(relu()));
    for (Index stage = 1; stage < stages; ++stage, width /= 2) {
        const std::string number = std::to_string(stage);
        layers.add<ConvTranspose2d>("up" + number, width, width / 2, 4, init, radford_conv(2, 1, identity()));
        layers.add<BatchNorm>("norm" + number, width / 2, init, radford_norm(relu()));
    }
    layers.add<ConvTranspose2d>("up" + std::to_string(stages), width, options.channels, 4, init,
                                radford_conv(2, 1, tanh()));
}

LogitLayer add_radford_discriminator(Sequential& features, const GanOptions& options, Generator& init) {
    const Index stages = stage_count(options);
    const Activation leaky = leaky_relu(0.2);
    const DiscriminatorNorm norm = options.discriminator_norm;
    const bool norm_layers = has_norm_layers(norm);
    const auto conv = [&](Index stride, Index padding, Activation activation) {
        Conv2dOptions conv_options = radford_conv(stride, padding, activation);
        conv_options.bias = !norm_layers;
        conv_options.spectral_norm = norm == DiscriminatorNorm::spectral;
        conv_options.bias_init = init::zeros();
        return conv_options;
    };
    Index width = options.base_width, side = options.size / 2;
    features.add<Conv2d>("down0", options.channels, width, 4, init, conv(2, 1, leaky));
    for (Index stage = 1; stage < stages; ++stage) {
        const std::string number = std::to_string(stage);
        features.add<Conv2d>("down" + number, width, 2 * width, 4, init, conv(2, 1, norm_layers ? identity() : leaky));
        width *= 2;
        side /= 2;
        add_norm_layer(features, "norm" + number, norm, {side, side, width}, leaky, init);
    }
    return {std::make_unique<Conv2d>(width, 1, 4, init, conv(1, 0, identity())), {4, 4, width}};
}

}  // namespace

void require_dcgan_size(Index size) {
    require(size == 28 || size == 32 || size == 64,
            "[gan] a dcgan makes images of 28, 32 or 64 pixels a side, got {}; choose one of these, or the dense "
            "architecture",
            size);
}

void add_dcgan_generator(Sequential& layers, Index code, const GanOptions& options, Generator& init) {
    if (options.size == 28)
        add_generator_28(layers, code, options, init);
    else
        add_radford_generator(layers, code, options, init);
}

LogitLayer add_dcgan_discriminator(Sequential& features, const GanOptions& options, Generator& init, Generator& noise) {
    return options.size == 28 ? add_discriminator_28(features, options, init, noise)
                              : add_radford_discriminator(features, options, init);
}

}  // namespace sinter
