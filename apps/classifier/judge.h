// What a trained classifier is for: testing it, and letting it judge generated images.
#pragma once

#include "apps/classifier/options.h"

namespace sinter {

inline constexpr Index kEvaluationBatch = 500;

/// --evaluate: loss and accuracy of a checkpoint on the test images, as a line of JSON on stdout. Throws DataError
/// where the checkpoint is of another program or gives NaN or infinity, or the data does not fit it.
ExitCode evaluate_checkpoint(const OptionList& list, const ClassifierProgramOptions& options);

/// --judge: what the classifier takes a folder of generated images for, how sure it is, and the Frechet distance of
/// its features between them and the test images; beside it that of as many training images, which a perfect generator
/// would reach. A line of JSON on stdout; a table, and the protocol in words, on stderr. Throws DataError where the
/// checkpoint or the data does not fit, a feature or logit is not finite, or the folder holds fewer than two images or
/// images of another size.
ExitCode judge_images(const OptionList& list, const ClassifierProgramOptions& options);

}  // namespace sinter
