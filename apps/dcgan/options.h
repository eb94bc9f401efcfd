// The command line of dcgan.
#pragma once

#include <string>

#include "apps/common/sampling.h"
#include "apps/common/training_options.h"
#include "core/data/image_set.h"
#include "core/train/checkpoint.h"
#include "models/gan_training.h"

namespace sinter {

struct DcganOptions : TrainingOptions {
    std::string arch = "dcgan";
    Index size = 28;
    Index channels = 0;  ///< 0: as the data has it
    Index latent = 100;
    Index base_width = 64;
    bool conditional = false;
    bool spectral_norm = false;

    std::string loss = "logistic";
    std::string update;  ///< "alternating" or "simultaneous"
    std::int64_t n_critic = 1;
    double gradient_penalty = 0;
    double r1 = 0;
    double label_smoothing = 0;
    double instance_noise = 0;
    double lr_g = 0, lr_d = 0;
    double beta1 = 0, beta2 = 0;
    double ema = 0;  ///< the decay at last, see average_decay(); 0: no moving average
    bool flip = false;

    Index grid = 10;
    bool gif = false;
    SampleRequest sample;
};

void add_dcgan_options(CLI::App& app, DcganOptions& options);

/// Gives the options that were not set the values published for their --size, and tells the app, so that config.toml
/// holds what the run really uses. Throws UsageError for options that contradict each other or ask for a GIF that is
/// too large. To be called after parsing.
void settle_options(CLI::App& app, DcganOptions& options);

/// The networks and the training that the options ask for, on images of this data set.
GanOptions gan_options(const DcganOptions& options, const ImageSet& images);
GanTrainingOptions gan_training_options(const DcganOptions& options);

/// How the networks learn, as checkpoint facts.
void add_objective_facts(CheckpointFacts& facts, const DcganOptions& options);
/// Whether the checkpoint holds a moving average of the generator.
bool has_moving_average(const CheckpointFacts& facts, const std::string& file);

}  // namespace sinter
