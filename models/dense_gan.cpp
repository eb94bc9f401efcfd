#include "models/dense_gan.h"

namespace sinter {
namespace {

LinearOptions hidden(bool spectral_norm = false) {
    return {.activation = leaky_relu(0.2), .spectral_norm = spectral_norm};
}

}  // namespace

void add_dense_generator(Sequential& layers, Index code, const GanOptions& options, Generator& init) {
    const Index width = options.base_width, pixels = options.size * options.size * options.channels;
    layers.add<Linear>("hidden0", code, 4 * width, init, hidden());
    layers.add<Linear>("hidden1", 4 * width, 8 * width, init, hidden());
    layers.add<Linear>("image", 8 * width, pixels, init, LinearOptions{.activation = tanh()});
    layers.add<Reshape>("reshape", std::vector<Index>{options.size, options.size, options.channels});
}

LogitLayer add_dense_discriminator(Sequential& features, const GanOptions& options, Generator& init) {
    const Index width = options.base_width, pixels = options.size * options.size * options.channels;
    features.add<Flatten>("flatten");
    features.add<Linear>("hidden0", pixels, 8 * width, init, hidden(options.spectral_norm));
    features.add<Linear>("hidden1", 8 * width, 4 * width, init, hidden(options.spectral_norm));
    return {std::make_unique<Linear>(4 * width, 1, init, LinearOptions{.spectral_norm = options.spectral_norm}),
            4 * width};
}

}  // namespace sinter
