#include "apps/common/divergence.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/watch.h"

namespace sinter {
namespace {

constexpr const char* kAdvice = "try a lower --lr, --clip-norm or --warmup-steps";

}  // namespace

void explain_divergence(RunFolder* run, const RunState& at, std::span<const CheckpointPart> parts,
                        const std::function<void()>& repeat_step) {
    if (run) {
        run->metrics().write({{"step", at.step}, {"epoch", at.epoch}, {"split", "train"}, {"event", "diverged"}});
    }
    const std::string when = fmt::format("diverged at step {} (epoch {})", at.step, at.epoch);
    for (const CheckpointPart& part : parts) {
        for (const Parameter& parameter : part.module->parameters()) {
            if (find_nonfinite(parameter.tensor) < 0) continue;
            throw DivergedError(fmt::format("{}: the update before it left NaN or infinity in parameter {}{}; {}", when,
                                            part.prefix, parameter.name, kAdvice));
        }
    }
    try {
        const Watch watch;
        repeat_step();
    } catch (const DivergedError& where) {
        throw DivergedError(fmt::format("{}: {}; {}", when, where.what(), kAdvice));
    }
    throw DivergedError(fmt::format("{}: the loss is not finite", when));
}

}  // namespace sinter
