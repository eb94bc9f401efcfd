// The options of dcgan.
#pragma once

#include <string>

#include "apps/dcgan/presets.h"
#include "apps/generators/sampling.h"
#include "apps/training/training_options.h"
#include "core/data/image_set.h"
#include "models/gan/gan_options.h"

namespace sinter {

struct DcganOptions : TrainingOptions {
    DcganOptions() { tested = {}; }
    GanOptions model;
    GanTrainingOptions training;
    GanPreset preset = GanPreset::sinter;
    bool conditional = false;
    double lr_g = 0, lr_d = 0;
    double beta1 = 0.5, beta2 = 0.999;
    bool flip = false;
    std::string generator_from, discriminator_from;  ///< checkpoints of VAEs; empty: none

    Index grid = 10;
    bool gif = false;
    SampleRequest sample;
};

/// Of products where the device has tensor cores and --precision does not say: that of PyTorch's convolutions.
inline constexpr kernels::Precision kUsualPrecision = kernels::Precision::tf32;

void describe(OptionList& list, DcganOptions& options);

/// Gives the options that were not set the values of the --preset for their --size. Throws UsageError for options that
/// contradict each other or ask for a GIF that is too large.
void settle_options(const OptionList& list, DcganOptions& options);

/// The data, fitted to --size. Where that is not given and no VAE has it, the size follows from the data's own, and the
/// options that were not set from it.
DataSplits find_training_images(const OptionList& list, DcganOptions& options);

/// Completes the model with what follows from the data.
void fit_model(DcganOptions& options, const ImageSet& images);

}  // namespace sinter
