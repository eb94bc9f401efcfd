// How each architecture of the classifier is trained: what the program does unless it is told otherwise, and how a
// judge is made for data that has none.
#pragma once

#include "apps/training/training_options.h"
#include "models/classifier/classifier.h"

namespace sinter {

/// The learning rate falls along a cosine.
struct ClassifierRecipe {
    int epochs, batch_size;
    double lr;
    OptimizerKind optimizer;
    double weight_decay;
    std::int64_t warmup_steps;
    bool flip;    ///< LoaderOptions::flip
    Index shift;  ///< LoaderOptions::shift
};

/// The recipe for this model, of which the sizes of images count as well, and so many training images. Grey images are
/// not mirrored: they may be letters or digits.
ClassifierRecipe recipe_for(const ClassifierOptions& model, std::int64_t images);

}  // namespace sinter
