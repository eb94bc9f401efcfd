// --probe: what the latent codes of a VAE know of the classes, beside raw pixels and the codes of an encoder that
// learned nothing.
#pragma once

#include "apps/measure/options.h"
#include "core/error.h"

namespace sinter {

/// Prints the test accuracy of the nearest training neighbour and of logistic regression, each on the codes (mu), on
/// the pixels and on the codes of an untrained encoder. Throws DataError where the checkpoint is no VAE or a
/// conditional one, or the data has no classes.
ExitCode probe_codes(const OptionList& list, const MeasureOptions& options);

}  // namespace sinter
