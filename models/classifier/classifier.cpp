#include "models/classifier/classifier.h"

#include <string>

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
    switch (options.architecture) {
        case ClassifierArchitecture::small:
            add_small_body(init, noise);
            break;
        case ClassifierArchitecture::deep:
            add_deep_body(init);
            break;
    }
    head_.add<Dropout>("dropout2", options.dropout, noise);
    head_.add<Linear>("logits", options.features, options.classes, init);
    add_module("body", body_);
    add_module("head", head_);
}

void Classifier::add_small_body(Generator& init, Generator& noise) {
    const Conv2dOptions halving{.stride = 2, .same = true, .bias = false};
    const BatchNormLayerOptions norm{.activation = relu()};
    const Index width = options_.base_width;
    body_.add<Conv2d>("conv1", options_.channels, width, 5, init, halving);
    body_.add<BatchNorm>("norm1", width, init, norm);
    body_.add<Conv2d>("conv2", width, 2 * width, 5, init, halving);
    body_.add<BatchNorm>("norm2", 2 * width, init, norm);
    body_.add<Flatten>("flatten");
    body_.add<Dropout>("dropout1", options_.dropout, noise);
    const auto quarter = [](Index size) { return (size + 3) / 4; };  // halved twice, each time rounded up
    const FlattenedImage smallest{quarter(options_.height), quarter(options_.width), 2 * width};
    body_.add<Linear>("features", smallest.count(), options_.features, init,
                      LinearOptions{.activation = relu(), .input_image = smallest});
}

void Classifier::add_deep_body(Generator& init) {
    constexpr int kStages = 3;
    int number = 0;
    const auto add_convolution = [&](Index in, Index out) {
        const std::string name = std::to_string(++number);
        body_.add<Conv2d>("conv" + name, in, out, 3, init, Conv2dOptions{.same = true, .bias = false});
        body_.add<BatchNorm>("norm" + name, out, init, BatchNormLayerOptions{.activation = relu()});
    };
    Index channels = options_.channels, width = options_.base_width;
    for (int stage = 1; stage <= kStages; ++stage, width *= 2) {
        add_convolution(channels, width);
        add_convolution(width, width);
        body_.add<MaxPool2d>("pool" + std::to_string(stage));
        channels = width;
    }
    add_convolution(channels, options_.features);
    body_.add<GlobalAveragePool2d>("mean");
}

Classifier::Output Classifier::classify(const Tensor& images) {
    const Scope scope("classifier");
    const Shape expected{images.size(0), options_.height, options_.width, options_.channels};
    require(images.shape() == expected, "[classifier] expected images {}, got {}", expected, images.shape());
    const Tensor features = body_.forward(images);
    return {features, head_.forward(features)};
}

}  // namespace sinter
