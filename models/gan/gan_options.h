// The options of a GAN and of its training, described; and a GAN from the facts of its checkpoints: whoever has the
// file needs no options to make the networks again.
#pragma once

#include <string>

#include "core/options/option_list.h"
#include "models/gan/gan.h"
#include "models/gan/gan_training.h"

namespace sinter {

void describe(OptionList& list, GanOptions& options);
void describe(OptionList& list, GanTrainingOptions& options);

/// Throws DataError where the file is too small to hold these networks, before their memory is taken.
void require_room(const GanOptions& options, const CheckpointFacts& facts, const std::string& file);

/// The networks that the facts of `file` describe. Throws DataError where they are damaged or of another model.
GanOptions gan_from_facts(const CheckpointFacts& facts, const std::string& file);

}  // namespace sinter
