// What a program says when a loss is no longer a finite number: where NaN or infinity first appeared.
#pragma once

#include <functional>
#include <span>

#include "apps/common/run_state.h"

namespace sinter {

inline constexpr const char* kDivergenceAdvice = "try a lower --lr, --clip-norm or --warmup-steps";

/// Writes the event to the metrics of a run.
void tell_divergence(RunFolder& run, const RunState& at);

/// Throws DivergedError that names a parameter of `parts` which is no longer finite, or else the op in which it
/// happened: `repeat_passes` is run under the watch. It takes the passes of the step, forward and backward, again with
/// the same random numbers (they have addresses) and without an update: those weights that the step had changed before
/// the loss was found stay so, which are the ones that the loss came from. Tells the metrics of `run` before, if there
/// is one.
[[noreturn]] void explain_divergence(RunFolder* run, const RunState& at, std::span<const CheckpointPart> parts,
                                     const std::function<void()>& repeat_passes);

}  // namespace sinter
