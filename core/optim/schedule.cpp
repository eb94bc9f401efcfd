#include "core/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sinter {

double Schedule::factor(std::int64_t t) const {
    if (t < warmup_steps) return static_cast<double>(t + 1) / static_cast<double>(warmup_steps);
    t -= warmup_steps;
    const std::int64_t total = std::max<std::int64_t>(1, total_steps - warmup_steps);
    const double progress = static_cast<double>(std::min(t, total)) / static_cast<double>(total);
    switch (kind) {
        case Kind::constant:
            return 1;
        case Kind::cosine:
            return minimum + (1 - minimum) * (1 + std::cos(std::numbers::pi * progress)) / 2;
        case Kind::exponential:
            return std::pow(kDecayed, std::max(0.0, 2 * progress - 1));
        case Kind::step:
            return std::pow(gamma, static_cast<double>(t / std::max<std::int64_t>(1, step_size)));
    }
    return 1;
}

}  // namespace sinter
