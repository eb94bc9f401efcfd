// --evaluate of the classifier.
#pragma once

#include "apps/classifier/options.h"
#include "core/error.h"

namespace sinter {

/// Loss and accuracy of a checkpoint on the test images, as a line of JSON on stdout. Throws DataError where the
/// checkpoint is of another program or gives NaN or infinity, or the data does not fit it.
ExitCode evaluate_checkpoint(const OptionList& list, const ClassifierProgramOptions& options);

}  // namespace sinter
