// The options of the classifier.
#pragma once

#include <string>

#include "apps/training/training_options.h"
#include "core/data/image_set.h"
#include "models/classifier_options.h"

namespace sinter {

struct ClassifierProgramOptions : TrainingOptions {
    ClassifierProgramOptions() {
        epochs = 5;
        lr_schedule = Schedule::Kind::cosine;
        tested = {"loss", "accuracy"};
    }
    ClassifierOptions model;
    std::string evaluate;
    std::string judge;
    std::string checkpoint;
};

void describe(OptionList& list, ClassifierProgramOptions& options);

/// Throws UsageError for options that do not fit together.
void check_options(const ClassifierProgramOptions& options);

/// Completes the model with what follows from the data. Throws DataError where its images have no labels, or all the
/// same.
void fit_model(ClassifierProgramOptions& options, const ImageSet& images);

}  // namespace sinter
