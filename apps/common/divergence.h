// What a program says when a loss is no longer a finite number: where NaN or infinity first appeared.
#pragma once

#include <functional>
#include <span>

#include "apps/common/run_state.h"

namespace sinter {

/// Throws DivergedError that names a parameter of `parts` which is no longer finite, or else the op in which it
/// happened: `repeat_step` takes the same step again (random numbers have addresses) and is run under the watch. Writes
/// the event to the metrics of `run` before, if there is one.
[[noreturn]] void explain_divergence(RunFolder* run, const RunState& at, std::span<const CheckpointPart> parts,
                                     const std::function<void()>& repeat_step);

}  // namespace sinter
