// --sample of mnist_vae: images of a trained model, one file each.
#pragma once

#include "apps/mnist_vae/options.h"
#include "core/error.h"

namespace sinter {

/// Decodes images from the prior, of a conditional model of all classes in turn. Throws UsageError where --out does not
/// fit, DataError where the checkpoint is damaged or of another model.
ExitCode sample_checkpoint(const MnistVaeOptions& options);

}  // namespace sinter
