// --sample: images of a trained model, one file each.
#pragma once

#include "apps/generators/sampling.h"
#include "apps/training/training_options.h"
#include "apps/vae/prior.h"
#include "core/device.h"
#include "core/error.h"

namespace sinter {

/// Draws what the request asks for into --out, by the program's --seed: of a conditional model all classes in turn, or
/// one class; of a VAE from the `prior` that is asked for. Throws UsageError where --out does not fit or there is no
/// such class, DataError where the checkpoint is damaged or of another kind of model than the program trains.
ExitCode sample_checkpoint(const OptionList& list, const TrainingOptions& options, const SampleRequest& request,
                           Device device, const PriorChoice& prior = {});

}  // namespace sinter
