// Learning-rate schedules, as pure functions of the step: nothing to save in a checkpoint.
#pragma once

#include <cstdint>

#include "core/names.h"

namespace sinter {

/// A factor for the base learning rate. The warm-up comes first; the rule then starts at its own step 0.
struct Schedule {
    enum class Kind {
        constant,
        cosine,  ///< from 1 to minimum over total_steps: minimum + (1 - minimum) (1 + cos(pi t / total)) / 2
        step     ///< multiplied by gamma after every step_size steps
    };
    Kind kind = Kind::constant;
    std::int64_t warmup_steps = 0;  ///< factor (t + 1) / warmup_steps for t < warmup_steps
    std::int64_t total_steps = 1;   ///< of the cosine, the warm-up included; the factor stays at the minimum after it
    double minimum = 0;             ///< of the cosine, as a factor
    std::int64_t step_size = 1;
    double gamma = 0.1;

    /// The factor at step t, counted from 0.
    double factor(std::int64_t t) const;
};

inline constexpr Named<Schedule::Kind> kSchedules[] = {{"constant", Schedule::Kind::constant},
                                                       {"cosine", Schedule::Kind::cosine, "to 0 at the end"},
                                                       {"step", Schedule::Kind::step, "a tenth every third"}};

}  // namespace sinter
