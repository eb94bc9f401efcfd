// The options of a bidirectional GAN, described; and its networks from the facts of a checkpoint.
#pragma once

#include <string>
#include <vector>

#include "core/options/option_list.h"
#include "core/train/checkpoint.h"
#include "models/hybrids/bigan.h"

namespace sinter {

void describe(OptionList& list, BiGanOptions& options);

/// The networks that the facts of `file` describe. Throws DataError where they are damaged or of another model.
BiGanOptions bigan_from_facts(const CheckpointFacts& facts, const std::string& file);

/// The optimizers of a training, where they are wanted.
struct BiGanOptimizers {
    Optimizer *pair = nullptr, *discriminator = nullptr;
};

/// How it stands in a checkpoint: "generator.", "encoder." and "discriminator.".
std::vector<CheckpointPart> checkpoint_parts(BiGan& bigan, BiGanOptimizers optimizers = {});

}  // namespace sinter
