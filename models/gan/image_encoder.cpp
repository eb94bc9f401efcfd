#include "models/gan/image_encoder.h"

#include "core/check.h"
#include "core/ops/shape.h"
#include "core/profile/scope.h"
#include "models/gan/dcgan.h"
#include "models/gan/dense_gan.h"

namespace sinter {
namespace {

FlattenedImage add_features(Sequential& features, const GanOptions& options, Generator& init) {
    require_image_size(options.architecture, options.size);
    switch (options.architecture) {
        case GanArchitecture::dcgan:
            return add_dcgan_features(features, options, init, nullptr);
        case GanArchitecture::dense:
            return add_dense_features(features, options, init);
    }
    return {};
}

}  // namespace

ImageEncoder::ImageEncoder(const GanOptions& options, Index outputs, Generator& init)
    : options_(options), labels_(options.classes, init.device()) {
    require(outputs >= 1, "[image_encoder] expected at least one output, got {}", outputs);
    options_.discriminator_norm = DiscriminatorNorm::batch;
    const FlattenedImage image = add_features(features_, options_, init);
    heads_ = std::make_unique<Linear>(
        image.count() + options_.classes, outputs, init,
        LinearOptions{.weight_init = init::glorot_uniform(), .bias_init = init::zeros(), .input_image = image});
    add_module("features", features_);
    add_module("heads", *heads_);
}

Tensor ImageEncoder::features(const Tensor& images) {
    const Shape expected{images.size(0), options_.size, options_.size, options_.channels};
    require(images.shape() == expected, "[image_encoder] expected images {}, got {}", expected, images.shape());
    const Tensor found = features_.forward(images);
    return reshape(found, {images.size(0), found.count() / images.size(0)});
}

Tensor ImageEncoder::forward(const Tensor& images, const Buffer<std::int32_t>& labels) {
    const Scope scope("encoder");
    const Tensor found = features(images);
    const Scope layer("heads");
    return heads_->forward(labels_.append(found, labels));
}

}  // namespace sinter
