#include "apps/training/divergence.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/watch.h"

namespace sinter {

void tell_divergence(RunFolder& run, const RunState& at) {
    run.metrics().write({{"step", at.step}, {"epoch", at.epoch}, {"split", "train"}, {"event", "diverged"}});
}

void explain_divergence(RunFolder* run, const RunState& at, std::span<const CheckpointPart> parts,
                        const std::function<void()>& repeat) {
    if (run) tell_divergence(*run, at);
    const std::string when = fmt::format("diverged at step {} (epoch {})", at.step, at.epoch);
    for (const CheckpointPart& part : parts) {
        for (const Parameter& parameter : part.module->parameters()) {
            if (find_nonfinite(parameter.tensor) < 0) continue;
            throw DivergedError(fmt::format("{}: the update before it left NaN or infinity in parameter {}{}; {}", when,
                                            part.prefix, parameter.name, kDivergenceAdvice));
        }
    }
    try {
        const Watch watch;
        repeat();
    } catch (const DivergedError& where) {
        throw DivergedError(fmt::format("{}: {}; {}", when, where.what(), kDivergenceAdvice));
    }
    throw DivergedError(fmt::format("{}: a loss is not finite, and no op showed it when the step was repeated; {}",
                                    when, kDivergenceAdvice));
}

}  // namespace sinter
