// The options of the classifier.
#pragma once

#include <string>

#include "apps/training/training_options.h"
#include "core/data/image_set.h"
#include "models/classifier/classifier_options.h"

namespace sinter {

struct ClassifierProgramOptions : TrainingOptions {
    ClassifierProgramOptions() {
        lr_schedule = Schedule::Kind::cosine;
        tested = {"loss", "accuracy"};
    }
    ClassifierOptions model;
    bool flip = false;
    Index shift = 0;
    std::string add;          ///< class folders of more training images
    bool added_only = false;  ///< train on these alone
    std::string added;        ///< what they are, for the facts of the run; empty where there are none
    int test_every = 1;       ///< in epochs; 0: only at the end
    std::string evaluate;
    std::string judge;
    std::string checkpoint;
};

void describe(OptionList& list, ClassifierProgramOptions& options);

/// Adds the images of --add to the training images, or puts them in their place with --added-only. Throws DataError
/// where the data has no labels or not their classes.
void add_images(ClassifierProgramOptions& options, DataSplits& data);

/// Throws UsageError for options that do not fit together.
void check_options(const ClassifierProgramOptions& options);

/// Completes the model with what follows from the data, and gives the options that were not set the values of the
/// recipe for it. Throws DataError where its images have no labels, or all the same, UsageError where --shift moves
/// them out of sight.
void fit_model(const OptionList& list, ClassifierProgramOptions& options, const ImageSet& images);

}  // namespace sinter
