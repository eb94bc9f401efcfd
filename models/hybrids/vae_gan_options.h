// The options of a VAE-GAN and of its training, described; and a VAE-GAN from the facts of its checkpoints.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/options/option_list.h"
#include "core/train/checkpoint.h"
#include "models/hybrids/vae_gan_training.h"

namespace sinter {

void describe(OptionList& list, VaeGanOptions& options);
void describe(OptionList& list, VaeGanTrainingOptions& options);

/// "encoder.", "generator." and "discriminator.", with their optimizers where they are given.
std::vector<CheckpointPart> checkpoint_parts(VaeGan& model, const VaeGanOptimizers& optimizers = {});

/// The networks that the facts of `file` describe. Throws DataError where they are damaged or of another model.
VaeGanOptions vae_gan_from_facts(const CheckpointFacts& facts, const std::string& file);

/// The model of a checkpoint, with its weights. Throws DataError where the file is damaged or of another model.
std::unique_ptr<VaeGan> load_vae_gan(const std::string& file, Device device);

}  // namespace sinter
