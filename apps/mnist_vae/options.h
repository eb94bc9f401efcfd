// The options of mnist_vae.
#pragma once

#include <string>

#include "apps/generators/sampling.h"
#include "apps/training/training_options.h"
#include "apps/vae/kl_weight.h"
#include "apps/vae/prior.h"
#include "core/data/binarise.h"
#include "core/data/image_set.h"
#include "models/vae/vae_options.h"

namespace sinter {

struct MnistVaeOptions : TrainingOptions {
    VaeOptions model;
    Binarisation binarisation = Binarisation::none;
    bool conditional = false;
    KlWeightOptions kl;
    std::string evaluate;
    SampleRequest sample;
    PriorChoice prior;  ///< of samples
};

void describe(OptionList& list, MnistVaeOptions& options);

/// Throws UsageError for options that do not fit together.
void check_options(const MnistVaeOptions& options);

/// Completes the model with what follows from the data.
void fit_model(const OptionList& list, MnistVaeOptions& options, const ImageSet& images);

/// "dense VAE 784-400-20", "convolutional VAE 28x28x1, 32-64 channels, latent 2, conditional on 10 classes"
std::string describe(const VaeOptions& options);

}  // namespace sinter
