// The options of vae_gan.
#pragma once

#include "apps/generators/sampling.h"
#include "apps/training/training_options.h"
#include "core/data/image_set.h"
#include "models/hybrids/vae_gan_options.h"

namespace sinter {

struct VaeGanProgramOptions : TrainingOptions {
    VaeGanProgramOptions() {
        tested = {};
        epochs = 15;
        batch_size = 64;
        lr = 5e-4;
    }
    VaeGanOptions model;
    VaeGanTrainingOptions training;
    bool conditional = false;
    double lr_e = 0, lr_g = 0, lr_d = 0;
    double beta1 = 0.5, beta2 = 0.999;
    bool flip = false;

    Index grid = 10;
    SampleRequest sample;
};

/// Of products where the device has tensor cores and --precision does not say: that of PyTorch's convolutions.
inline constexpr kernels::Precision kUsualPrecision = kernels::Precision::tf32;

void describe(OptionList& list, VaeGanProgramOptions& options);

/// Gives the learning rates that were not set that of --lr. Throws UsageError for options that contradict each other.
void settle_options(const OptionList& list, VaeGanProgramOptions& options);

/// The data, fitted to --size, or where that is not given to what the data has.
DataSplits find_training_images(const OptionList& list, VaeGanProgramOptions& options);

/// Completes the model with what follows from the data.
void fit_model(const OptionList& list, VaeGanProgramOptions& options, const ImageSet& images);

}  // namespace sinter
