// The command line of mnist_vae.
#pragma once

#include <string>
#include <vector>

#include "apps/common/sampling.h"
#include "apps/common/training_options.h"
#include "core/data/image_set.h"
#include "models/vae.h"

namespace sinter {

struct MnistVaeOptions : TrainingOptions {
    std::string arch = "dense";
    bool conditional = false;
    std::int64_t latent = 0;  ///< 0: as the architecture and the images suggest
    std::vector<std::int64_t> hidden = {400};
    std::int64_t size = 0, channels = 0;  ///< of the images; 0: as the data has it
    double beta = 1;
    double kl_warmup = 0;
    std::string likelihood = "bernoulli";
    std::string evaluate;
    SampleRequest sample;
};

void add_vae_options(CLI::App& app, MnistVaeOptions& options);

/// The model that the options ask for, on images of this data set. Throws UsageError where they do not fit together.
VaeOptions vae_options(const MnistVaeOptions& options, const ImageSet& images);

/// Makes the model's latent size the default of --latent, so that config.toml has it where it was left open.
void record_latent(CLI::App& app, const VaeOptions& model);

/// "dense VAE 784-400-20", "convolutional VAE 28x28x1, 32-64 channels, latent 2, conditional on 10 classes"
std::string describe(const VaeOptions& options);

}  // namespace sinter
