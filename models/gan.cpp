#include "models/gan.h"

#include "core/check.h"
#include "core/ops/shape.h"
#include "core/watch.h"
#include "models/dcgan.h"
#include "models/dense_gan.h"

namespace sinter {
namespace {

const GanOptions& checked(const GanOptions& options) {
    require(options.size >= 1 && options.channels >= 1 && options.latent >= 1 && options.base_width >= 1,
            "[gan] expected at least one pixel, channel, latent unit and unit of width, got {}, {}, {} and {}",
            options.size, options.channels, options.latent, options.base_width);
    require(options.arch == "dcgan" || options.arch == "dense",
            "[gan] expected the architecture dcgan or dense, got '{}'", options.arch);
    if (options.arch == "dcgan") require_dcgan_size(options);
    return options;
}

}  // namespace

Gan::GeneratorNetwork::GeneratorNetwork(const GanOptions& options, Generator& init) {
    if (options.arch == "dcgan")
        add_dcgan_generator(layers, options.latent, options, init);
    else
        add_dense_generator(layers, options.latent, options, init);
    add_module("layers", layers);
}

Gan::DiscriminatorNetwork::DiscriminatorNetwork(const GanOptions& options, Generator& init, Generator& noise) {
    logit = options.arch == "dcgan" ? add_dcgan_discriminator(features, options, init, noise)
                                    : add_dense_discriminator(features, options, init);
    add_module("features", features);
    add_module("logit", *logit.layer);
}

Gan::Gan(const GanOptions& options, Generator& init, Generator& noise)
    : options_(checked(options)), generator_(options, init), discriminator_(options, init, noise) {}

Tensor Gan::generate(const Tensor& z) {
    const Scope scope("generator");
    require(z.shape().rank() == 2 && z.size(1) == options_.latent, "[gan] expected latent codes [batch, {}], got {}",
            options_.latent, z.shape());
    return generator_.layers.forward(z);
}

Tensor Gan::discriminate(const Tensor& images) {
    const Scope scope("discriminator");
    const Shape expected{images.size(0), options_.size, options_.size, options_.channels};
    require(images.shape() == expected, "[gan] expected images {}, got {}", expected, images.shape());
    const Tensor features = discriminator_.features.forward(images);
    return reshape(discriminator_.logit.layer->forward(features), {images.size(0), 1});
}

}  // namespace sinter
