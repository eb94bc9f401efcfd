#include "models/gan/dcgan.h"

#include <algorithm>
#include <iterator>

#include "core/check.h"

namespace sinter {
namespace {

// TensorFlow's tutorial: kernels of 5, padding 'same', LeakyReLU 0.3, Keras' batch norm (epsilon 1e-3, momentum 0.99,
// which is 0.01 in PyTorch's terms) and Glorot's initialisation; no bias where batch norm follows, none in the
// generator at all.
void add_generator_28(Sequential& layers, Index code, const GanOptions& options, Activation output, Generator& init) {
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
    layers.add<ConvTranspose2d>("up3", width, options.channels, 5, init, up(2, output));
}

FlattenedImage add_features_28(Sequential& features, const GanOptions& options, Generator& init,
                               Generator* dropout_noise) {
    const Index width = options.base_width;
    const Activation leaky = leaky_relu(0.3);
    const DiscriminatorNorm norm = options.discriminator_norm;
    const bool norm_layers = has_norm_layers(norm);
    const Conv2dOptions down{.stride = 2,
                             .same = true,
                             .activation = norm_layers ? identity() : leaky,
                             .bias = !norm_layers,
                             .weight_init = init::glorot_uniform(),
                             .bias_init = init::zeros(),
                             .spectral_norm = norm == DiscriminatorNorm::spectral};
    const auto add_stage = [&](const std::string& number, Index side, Index in, Index out) {
        features.add<Conv2d>("down" + number, in, out, 5, init, down);
        add_norm_layer(features, "norm" + number, norm, {side, side, out}, leaky, init);
        if (dropout_noise) features.add<Dropout>("dropout" + number, 0.3, *dropout_noise);
        features.end_stage();
    };
    add_stage("1", 14, options.channels, width);
    add_stage("2", 7, width, 2 * width);
    features.add<Flatten>("flatten");
    return {7, 7, 2 * width};
}

// Radford's: kernels of 4, stride 2, padding 1; every stage doubles or halves the image. 64 pixels have four such
// stages in each network besides the first or last one between a single pixel and 4x4; other sizes have one less or
// more for each halving or doubling.
Index stage_count(const GanOptions& options) {
    Index stages = 0;
    for (Index side = options.size; side > 4; side /= 2) ++stages;
    return stages;
}

/// The channels of hidden images that are `halvings` times smaller than the image; no more than Radford's widest have.
Index radford_width(const GanOptions& options, Index halvings) {
    return options.base_width << std::min<Index>(halvings - 1, 3);
}

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

void add_radford_generator(Sequential& layers, Index code, const GanOptions& options, Activation output,
                           Generator& init) {
    const Index stages = stage_count(options);
    Index width = radford_width(options, stages);
    layers.add<Reshape>("reshape", std::vector<Index>{1, 1, code});
    layers.add<ConvTranspose2d>("up0", code, width, 4, init, radford_conv(1, 0, identity()));
    layers.add<BatchNorm>("norm0", width, init, radford_norm(relu()));
    for (Index stage = 1; stage < stages; ++stage) {
        const std::string number = std::to_string(stage);
        const Index next = radford_width(options, stages - stage);
        layers.add<ConvTranspose2d>("up" + number, width, next, 4, init, radford_conv(2, 1, identity()));
        layers.add<BatchNorm>("norm" + number, next, init, radford_norm(relu()));
        width = next;
    }
    layers.add<ConvTranspose2d>("up" + std::to_string(stages), width, options.channels, 4, init,
                                radford_conv(2, 1, output));
}

FlattenedImage add_radford_features(Sequential& features, const GanOptions& options, Generator& init) {
    const Index stages = stage_count(options);
    const Activation leaky = leaky_relu(0.2);
    const DiscriminatorNorm norm = options.discriminator_norm;
    const bool norm_layers = has_norm_layers(norm);
    const auto conv = [&](Activation activation) {
        Conv2dOptions conv_options = radford_conv(2, 1, activation);
        conv_options.bias = !norm_layers;
        conv_options.spectral_norm = norm == DiscriminatorNorm::spectral;
        conv_options.bias_init = init::zeros();
        return conv_options;
    };
    Index width = radford_width(options, 1), side = options.size / 2;
    features.add<Conv2d>("down0", options.channels, width, 4, init, conv(leaky));
    features.end_stage();
    for (Index stage = 1; stage < stages; ++stage) {
        const std::string number = std::to_string(stage);
        const Index next = radford_width(options, stage + 1);
        features.add<Conv2d>("down" + number, width, next, 4, init, conv(norm_layers ? identity() : leaky));
        width = next;
        side /= 2;
        add_norm_layer(features, "norm" + number, norm, {side, side, width}, leaky, init);
        features.end_stage();
    }
    return {4, 4, width};
}

/// The discriminator's last layer on features of these sizes.
std::unique_ptr<Layer> logit_layer(const FlattenedImage& features, const GanOptions& options, Generator& init) {
    const bool spectral_norm = options.discriminator_norm == DiscriminatorNorm::spectral;
    if (options.size == 28) {
        return std::make_unique<Linear>(features.count(), 1, init,
                                        LinearOptions{.weight_init = init::glorot_uniform(),
                                                      .bias_init = init::zeros(),
                                                      .spectral_norm = spectral_norm,
                                                      .input_image = features});
    }
    Conv2dOptions conv = radford_conv(1, 0, identity());
    conv.bias = !has_norm_layers(options.discriminator_norm);
    conv.bias_init = init::zeros();
    conv.spectral_norm = spectral_norm;
    return std::make_unique<Conv2d>(features.channels, 1, features.height, init, conv);
}

}  // namespace

void require_dcgan_size(Index size) {
    require(std::find(std::begin(kDcganSizes), std::end(kDcganSizes), size) != std::end(kDcganSizes),
            "[gan] a dcgan makes images of 16, 28, 32, 64, 128 or 256 pixels a side, got {}; choose one of these, or "
            "the dense architecture",
            size);
}

void add_dcgan_generator(Sequential& layers, Index code, const GanOptions& options, Activation output,
                         Generator& init) {
    if (options.size == 28)
        add_generator_28(layers, code, options, output, init);
    else
        add_radford_generator(layers, code, options, output, init);
}

FlattenedImage add_dcgan_features(Sequential& features, const GanOptions& options, Generator& init,
                                  Generator* dropout_noise) {
    return options.size == 28 ? add_features_28(features, options, init, dropout_noise)
                              : add_radford_features(features, options, init);
}

LogitLayer add_dcgan_discriminator(Sequential& features, const GanOptions& options, Generator& init, Generator& noise) {
    const FlattenedImage sizes = add_dcgan_features(features, options, init, options.dropout ? &noise : nullptr);
    return {logit_layer(sizes, options, init), sizes};
}

}  // namespace sinter
