// The options of a VAE, described; and a VAE from the facts of its checkpoints: whoever has the file needs no options
// to make the model again.
#pragma once

#include <memory>
#include <string>

#include "core/options/option_list.h"
#include "models/vae/vae.h"

namespace sinter {

void describe(OptionList& list, VaeOptions& options);

/// The model that the facts of `file` describe. Throws DataError where they are damaged or of another model.
VaeOptions vae_from_facts(const CheckpointFacts& facts, const std::string& file);

/// The model of a checkpoint, with its weights. Throws DataError where the file is damaged or of another model.
std::unique_ptr<Vae> load_vae(const std::string& file, Device device);

}  // namespace sinter
