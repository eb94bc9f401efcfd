#include "models/gan/dense_gan.h"

namespace sinter {
namespace {

constexpr double kSlope = 0.2;

LinearOptions hidden() { return {.activation = leaky_relu(kSlope)}; }

}  // namespace

void add_dense_generator(Sequential& layers, Index code, const GanOptions& options, Activation output,
                         Generator& init) {
    const Index width = options.base_width;
    const FlattenedImage image{options.size, options.size, options.channels};
    layers.add<Linear>("hidden0", code, 4 * width, init, hidden());
    layers.add<Linear>("hidden1", 4 * width, 8 * width, init, hidden());
    layers.add<Linear>("image", 8 * width, image.count(), init,
                       LinearOptions{.activation = output, .output_image = image});
    layers.add<Reshape>("reshape", std::vector<Index>{options.size, options.size, options.channels});
}

FlattenedImage add_dense_features(Sequential& features, const GanOptions& options, Generator& init) {
    const Index width = options.base_width;
    const FlattenedImage image{options.size, options.size, options.channels};
    const DiscriminatorNorm norm = options.discriminator_norm;
    const bool spectral_norm = norm == DiscriminatorNorm::spectral;
    const auto add_hidden = [&](const std::string& number, Index in, Index out, FlattenedImage input_image = {}) {
        LinearOptions linear = hidden();
        if (has_norm_layers(norm)) linear = {.bias = false};
        linear.spectral_norm = spectral_norm;
        linear.input_image = input_image;
        features.add<Linear>("hidden" + number, in, out, init, linear);
        add_norm_layer(features, "norm" + number, norm, {out}, leaky_relu(kSlope), init);
        features.end_stage();
    };
    features.add<Flatten>("flatten");
    add_hidden("0", image.count(), 8 * width, image);
    add_hidden("1", 8 * width, 4 * width);
    return {1, 1, 4 * width};
}

LogitLayer add_dense_discriminator(Sequential& features, const GanOptions& options, Generator& init) {
    const FlattenedImage sizes = add_dense_features(features, options, init);
    const bool spectral_norm = options.discriminator_norm == DiscriminatorNorm::spectral;
    return {std::make_unique<Linear>(sizes.count(), 1, init, LinearOptions{.spectral_norm = spectral_norm}), sizes};
}

}  // namespace sinter
