// The options of bigan.
#pragma once

#include "apps/generators/sampling.h"
#include "apps/training/training_options.h"
#include "core/data/image_set.h"
#include "models/hybrids/bigan_options.h"

namespace sinter {

/// With the values that Donahue et al. trained with, but for the number of epochs, of which they had 400.
struct BiGanProgramOptions : TrainingOptions {
    BiGanProgramOptions() {
        tested = {"reconstruction_ratio"};
        epochs = 25;
        lr = 2e-4;
        lr_schedule = Schedule::Kind::exponential;
        weight_decay = 2.5e-5;
    }
    BiGanOptions model;
    double lr_g = 0, lr_d = 0;
    double beta1 = 0.5, beta2 = 0.999;
    Index grid = 10;
    SampleRequest sample;
};

void describe(OptionList& list, BiGanProgramOptions& options);

/// Gives the options that were not set the values of the others. Throws UsageError for options that contradict each
/// other.
void settle_options(const OptionList& list, BiGanProgramOptions& options);

/// The data, fitted to --size, or where that is not given to a size that follows from the data's own. Completes the
/// model with what follows from the data.
DataSplits find_training_images(const OptionList& list, BiGanProgramOptions& options);

}  // namespace sinter
