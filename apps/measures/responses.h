// What a classifier makes of a set of images: features, logits, and how well it knows the classes.
#pragma once

#include <span>
#include <vector>

#include "core/data/loader.h"
#include "models/classifier/classifier.h"

namespace sinter {

inline constexpr Index kEvaluationBatch = 500;

/// To the images of a set, in the order of a loader.
struct Responses {
    Index images = 0, classes = 0, size = 0;
    std::vector<float> features;  ///< [images, size]
    std::vector<float> logits;    ///< [images, classes]
};

/// The responses to the first `most` images of the loader's epoch 0, in evaluation mode. The classifier is in training
/// mode afterwards.
Responses respond(Classifier& classifier, Loader& batches, Index most);
inline Responses respond(Classifier& classifier, Loader& batches) {
    return respond(classifier, batches, batches.count());
}

/// Whether every feature and every logit is a finite number; what follows from others means nothing.
bool all_finite(const Responses& responses);

/// How well the classes of the images are known.
struct Score {
    double loss = 0;      ///< cross-entropy in nats per image
    double accuracy = 0;  ///< share of the images whose most probable class is theirs
};
Score score(const Responses& responses, std::span<const std::uint8_t> labels);

/// The loss of who knows the shares of the classes and nothing about an image, in nats per image: the entropy of the
/// labels.
double guessing_loss(std::span<const std::uint8_t> labels);

}  // namespace sinter
