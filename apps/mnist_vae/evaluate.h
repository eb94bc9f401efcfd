// --evaluate of mnist_vae.
#pragma once

#include "apps/mnist_vae/options.h"
#include "core/error.h"

namespace sinter {

/// The losses of a checkpoint on test images fitted to its model, as a line of JSON on stdout; with --out, its pictures
/// there. Throws DataError where the checkpoint is damaged or of another model, or the data has other classes.
ExitCode evaluate_checkpoint(const OptionList& list, const MnistVaeOptions& options);

}  // namespace sinter
