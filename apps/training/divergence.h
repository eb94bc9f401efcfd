// What a program says when a loss is no longer a finite number: where NaN or infinity first appeared.
#pragma once

#include <functional>
#include <span>

#include "apps/training/run_state.h"

namespace sinter {

inline constexpr const char* kDivergenceAdvice = "try a lower --lr, --clip-norm or --warmup-steps";

/// Writes the event to the metrics of a run.
void tell_divergence(RunFolder& run, const RunState& at);

/// Throws DivergedError that names a parameter of `parts` which is no longer finite, or else the op in which it
/// happened. `repeat` takes the step again, under the watch. Random numbers have addresses, so they repeat. Nothing is
/// updated, by the guard: an alternating GAN's discriminator that learned in this step stays as it is, which is what
/// the generator's loss came from. Tells the metrics of `run` before, if there is one.
[[noreturn]] void explain_divergence(RunFolder* run, const RunState& at, std::span<const CheckpointPart> parts,
                                     const std::function<void()>& repeat);

}  // namespace sinter
