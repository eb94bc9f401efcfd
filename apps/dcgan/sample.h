// --sample of dcgan: images of a trained generator, one file each.
#pragma once

#include "apps/dcgan/options.h"
#include "core/error.h"

namespace sinter {

/// Draws images with the checkpoint's moving average where it has one, else with its generator; of a conditional GAN
/// all classes in turn. Throws UsageError where --out does not fit, DataError where the checkpoint is damaged or of
/// another model.
ExitCode sample_checkpoint(const DcganOptions& options);

}  // namespace sinter
