// The command line of the classifier.
#pragma once

#include <string>

#include "apps/common/training_options.h"
#include "core/data/image_set.h"
#include "models/classifier.h"

namespace sinter {

struct ClassifierProgramOptions : TrainingOptions {
    ClassifierProgramOptions() {
        epochs = 5;
        lr_schedule = "cosine";
    }
    Index size = 0;      ///< pixels a side; 0: as the data has it
    Index channels = 0;  ///< 0: as the data has it
    std::string evaluate;
    std::string judge;
    std::string checkpoint;
};

void add_classifier_options(CLI::App& app, ClassifierProgramOptions& options);

/// The model for images of this data set. Throws DataError where they have no labels, or all the same.
ClassifierOptions classifier_options(const ImageSet& images);

}  // namespace sinter
