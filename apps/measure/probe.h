// --probe: what the latent codes of a model know of the classes, beside raw pixels and the codes of an encoder that
// learned nothing.
#pragma once

#include "apps/measure/options.h"
#include "core/error.h"

namespace sinter {

/// Prints the test accuracy of the nearest training neighbour and of logistic regression, each on the codes, on what
/// the layer before them gives, on the pixels, and on codes and features of an untrained encoder. Throws DataError
/// where the checkpoint is of a model without an encoder or of a conditional one, or the data has no classes.
ExitCode probe_codes(const OptionList& list, const MeasureOptions& options);

}  // namespace sinter
