#include "models/classifier.h"

#include "core/check.h"
#include "core/profile/scope.h"

namespace sinter {

Classifier::Classifier(const ClassifierOptions& options, Generator& init, Generator& noise) : options_(options) {
    require(options.height >= 8 && options.width >= 8 && options.channels >= 1,
            "[classifier] expected images of at least 8x8 pixels and a channel, got {}x{} of {}", options.height,
            options.width, options.channels);
    require(options.classes >= 2 && options.base_width >= 1 && options.features >= 1,
            "[classifier] expected at least two classes, a unit of width and a feature, got {}, {} and {}",
            options.classes, options.base_width, options.features);
    const Conv2dOptions halving{.stride = 2, .same = true, .bias = false};
    const BatchNormLayerOptions norm{.activation = relu()};
    const Index width = options.base_width;
    body_.add<Conv2d>("conv1", options.channels, width, 5, init, halving);
    body_.add<BatchNorm>("norm1", width, init, norm);
    body_.add<Conv2d>("conv2", width, 2 * width, 5, init, halving);
    body_.add<BatchNorm>("norm2", 2 * width, init, norm);
    body_.add<Flatten>("flatten");
    body_.add<Dropout>("dropout1", options.dropout, noise);
    const auto quarter = [](Index size) { return (size + 3) / 4; };  // halved twice, each time rounded up
    const FlattenedImage smallest{quarter(options.height), quarter(options.width), 2 * width};
    body_.add<Linear>("features", smallest.count(), options.features, init,
                      LinearOptions{.activation = relu(), .input_image = smallest});
    head_.add<Dropout>("dropout2", options.dropout, noise);
    head_.add<Linear>("logits", options.features, options.classes, init);
    add_module("body", body_);
    add_module("head", head_);
}

Classifier::Output Classifier::classify(const Tensor& images) {
    const Scope scope("classifier");
    const Shape expected{images.size(0), options_.height, options_.width, options_.channels};
    require(images.shape() == expected, "[classifier] expected images {}, got {}", expected, images.shape());
    const Tensor features = body_.forward(images);
    return {features, head_.forward(features)};
}

}  // namespace sinter
