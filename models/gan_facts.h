// A GAN in the words of its checkpoints: whoever has the file needs no options to make the networks again.
#pragma once

#include <string>

#include "core/train/checkpoint.h"
#include "models/gan.h"

namespace sinter {

void add_model_facts(CheckpointFacts& facts, const GanOptions& options);

/// The networks that the facts of `file` describe. Throws DataError where they are damaged or of another model.
GanOptions gan_from_facts(const CheckpointFacts& facts, const std::string& file);

}  // namespace sinter
