#include "models/gan/gan.h"

#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/profile/scope.h"
#include "models/gan/dcgan.h"
#include "models/gan/dense_gan.h"

namespace sinter {
namespace {

// A label's embedding beside z: few values, and small at first. The gradient of what the label alone decides points the
// same way from batch to batch, that of z's part does not, so Adam lets an embedding as large as z drown it: with 50
// values from N(0, 1) the images of an MNIST class varied a tenth as much as real ones, with these nine tenths
// (deviation of a pixel; base width 16, after 600 steps of 64 images).
constexpr Index kLabelWidth = 10;
constexpr Initialiser kLabelInit = init::normal(0, 0.2);

/// The options that the networks really have.
GanOptions checked(GanOptions options) {
    require(options.size >= 1 && options.channels >= 1 && options.latent >= 1 && options.base_width >= 1,
            "[gan] expected at least one pixel, channel, latent unit and unit of width, got {}, {}, {} and {}",
            options.size, options.channels, options.latent, options.base_width);
    require(options.classes >= 0, "[gan] expected a number of classes, or 0 for none, got {}", options.classes);
    if (options.discriminator_norm == DiscriminatorNorm::batch)
        options.discriminator_norm = published_norm(options.architecture, options.size);
    return options;
}

void require_labels(const GanOptions& options, const Buffer<std::int32_t>& labels, Index batch) {
    if (options.classes == 0) {
        require(labels.count() == 0,
                "[gan] got {} labels for networks without classes; make them conditional or leave the labels",
                labels.count());
    } else {
        require(labels.count() == batch, "[gan] expected a label for each of {} images, got {}", batch, labels.count());
    }
}

}  // namespace

void require_image_size(GanArchitecture architecture, Index size) {
    switch (architecture) {
        case GanArchitecture::dcgan:
            return require_dcgan_size(size);
        case GanArchitecture::dense:
            break;  // any
    }
}

bool has_batch_norm(GanArchitecture architecture) {
    switch (architecture) {
        case GanArchitecture::dcgan:
            return true;  // the generator, whatever the discriminator has
        case GanArchitecture::dense:
            break;
    }
    return false;
}

DiscriminatorNorm published_norm(GanArchitecture architecture, Index size) {
    switch (architecture) {
        case GanArchitecture::dcgan:
            return size == 28 ? DiscriminatorNorm::none : DiscriminatorNorm::batch;
        case GanArchitecture::dense:
            break;
    }
    return DiscriminatorNorm::none;
}

GeneratorNetwork::GeneratorNetwork(const GanOptions& options, Activation output, Generator& init,
                                   const Initialiser& label_init)
    : options_(options) {
    if (options.classes > 0) add_module("label", label_.emplace(options.classes, kLabelWidth, init, label_init));
    const Index code = options.latent + (label_ ? kLabelWidth : 0);
    require_image_size(options.architecture, options.size);
    switch (options.architecture) {
        case GanArchitecture::dcgan:
            add_dcgan_generator(layers_, code, options, output, init);
            break;
        case GanArchitecture::dense:
            add_dense_generator(layers_, code, options, output, init);
            break;
    }
    add_module("layers", layers_);
}

Tensor GeneratorNetwork::forward(const Tensor& z, const Buffer<std::int32_t>& labels) {
    require(z.shape().rank() == 2 && z.size(1) == options_.latent, "[gan] expected latent codes [batch, {}], got {}",
            options_.latent, z.shape());
    require_labels(options_, labels, z.size(0));
    return layers_.forward(label_ ? concatenate_columns(z, label_->forward(labels)) : z);
}

Gan::DiscriminatorNetwork::DiscriminatorNetwork(const GanOptions& options, Generator& init, Generator& noise) {
    switch (options.architecture) {
        case GanArchitecture::dcgan:
            logit = add_dcgan_discriminator(features, options, init, noise);
            break;
        case GanArchitecture::dense:
            logit = add_dense_discriminator(features, options, init);
            break;
    }
    add_module("features", features);
    add_module("logit", *logit.layer);
    // Small at first: the sum over all features starts as a correction of the unconditional logit.
    if (options.classes > 0)
        add_module("projection", projection.emplace(options.classes, logit.features.count(), init,
                                                    init::normal(0, 0.02), logit.features));
}

Gan::Gan(const GanOptions& options, Generator& init, Generator& noise)
    : options_(checked(options)),
      generator_(options_, tanh(), init, kLabelInit),
      discriminator_(options_, init, noise) {}

Tensor Gan::generate(const Tensor& z, const Buffer<std::int32_t>& labels) {
    const Scope scope("generator");
    return generator_.forward(z, labels);
}

Tensor Gan::discriminate(const Tensor& images, const Buffer<std::int32_t>& labels) {
    const Scope scope("discriminator");
    require_images(images, labels);
    return logits_of(discriminator_.features.forward(images), labels);
}

Gan::Judgement Gan::judge(const Tensor& images, Index stage, const Buffer<std::int32_t>& labels) {
    const Scope scope("discriminator");
    require_images(images, labels);
    const Sequential::Outputs features = discriminator_.features.forward_through(images, stage);
    return {logits_of(features.last, labels), features.stage};
}

void Gan::require_images(const Tensor& images, const Buffer<std::int32_t>& labels) const {
    const Shape expected{images.size(0), options_.size, options_.size, options_.channels};
    require(images.shape() == expected, "[gan] expected images {}, got {}", expected, images.shape());
    require_labels(options_, labels, images.size(0));
}

Tensor Gan::logits_of(const Tensor& features, const Buffer<std::int32_t>& labels) {
    const Index batch = features.size(0);
    const Shape one_each{batch, 1};
    const auto logit = [&] {
        const Scope layer("logit");
        return reshape(discriminator_.logit.layer->forward(features), one_each);
    };
    const Tensor logits = logit();
    if (!discriminator_.projection) return logits;
    const Scope layer("projection");
    const Tensor rows = reshape(features, {batch, discriminator_.logit.features.count()});
    return logits + reshape(sum(rows * discriminator_.projection->forward(labels), {1}), one_each);
}

}  // namespace sinter
