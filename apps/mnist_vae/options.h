// The command line of mnist_vae.
#pragma once

#include <string>
#include <vector>

#include "apps/common/training_options.h"
#include "core/data/image_set.h"
#include "core/train/checkpoint.h"
#include "models/vae.h"

namespace sinter {

struct MnistVaeOptions : TrainingOptions {
    std::int64_t latent = 20;
    std::vector<std::int64_t> hidden = {400};
    double beta = 1;
    double kl_warmup = 0;
    std::string likelihood = "bernoulli";
    std::string evaluate;
};

void add_vae_options(CLI::App& app, MnistVaeOptions& options);

/// The model that the options ask for, on images of this data set.
VaeOptions vae_options(const MnistVaeOptions& options, const ImageSet& images);

/// The model as checkpoint facts, and back: --evaluate needs no other options than the checkpoint.
void add_model_facts(CheckpointFacts& facts, const VaeOptions& options);
VaeOptions model_from_facts(const CheckpointFacts& facts, const std::string& file);

}  // namespace sinter
