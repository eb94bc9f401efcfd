// The options of a classifier, described; and a classifier from the facts of its checkpoints: whoever has the file
// needs no options to make the model again.
#pragma once

#include <string>

#include "core/options/option_list.h"
#include "models/classifier/classifier.h"

namespace sinter {

void describe(OptionList& list, ClassifierOptions& options);

/// The model that the facts of `file` describe. Throws DataError where they are damaged or of another model.
ClassifierOptions classifier_from_facts(const CheckpointFacts& facts, const std::string& file);

}  // namespace sinter
