// Learning-rate schedules, as pure functions of the step: nothing to save in a checkpoint.
#pragma once

#include <cstdint>

#include "core/names.h"

namespace sinter {

/// A factor for the base learning rate. The warm-up comes first; the rule then starts at its own step 0.
struct Schedule {
    enum class Kind {
        constant,
        cosine,      ///< from 1 to minimum over total_steps: minimum + (1 - minimum) (1 + cos(pi t / total)) / 2
        step,        ///< multiplied by gamma after every step_size steps
        exponential  ///< 1 over the first half of total_steps, then kDecayed^progress over the second
    };
    Kind kind = Kind::constant;
    std::int64_t warmup_steps = 0;  ///< factor (t + 1) / warmup_steps for t < warmup_steps
    std::int64_t total_steps = 1;   ///< of cosine and exponential, the warm-up included; the factor stays after them
    double minimum = 0;             ///< of the cosine, as a factor
    std::int64_t step_size = 1;
    double gamma = 0.1;

    /// What the exponential ends at, as BiGANs were trained (Donahue et al., arXiv:1605.09782).
    static constexpr double kDecayed = 0.01;

    /// The factor at step t, counted from 0.
    double factor(std::int64_t t) const;
};

inline constexpr Named<Schedule::Kind> kSchedules[] = {
    {"constant", Schedule::Kind::constant},
    {"cosine", Schedule::Kind::cosine, "to 0 at the end"},
    {"step", Schedule::Kind::step, "a tenth every third"},
    {"exponential", Schedule::Kind::exponential, "constant for half of the run, then down to 1 %"}};

}  // namespace sinter
