#include "apps/training/step_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "apps/common/stopwatch.h"

namespace sinter {

void StepProfile::set_active(bool active) {
    if (active && !active_) {
        start_profiler();
        kernels_.start();
    } else if (active_ && !active) {
        kernels_.stop();
        stop_profiler();
    }
    active_ = active;
}

void StepProfile::begin_phase(const char* name) {
    if (!active_) return;
    device_.run([](auto& queue) { queue.synchronise(); });
    const Clock::time_point now = Clock::now();
    if (running_) {
        auto found = std::find_if(phases_.begin(), phases_.end(),
                                  [&](const Phase& p) { return std::string_view(p.name) == running_; });
        if (found == phases_.end()) found = phases_.insert(phases_.end(), {running_, {}});
        found->microseconds.push_back(std::chrono::duration<double, std::micro>(now - began_).count());
    }
    running_ = name;
    began_ = Clock::now();
}

void StepProfile::drop() { running_ = nullptr; }

std::string StepProfile::table() const {
    if (phases_.empty()) return "";
    double step = 0;
    for (const Phase& p : phases_) step += median(p.microseconds);
    std::string text = fmt::format("{:<24} {:>12} {:>7}   (medians of {} steps)\n", "phase", "microseconds", "share",
                                   phases_.front().microseconds.size());
    for (const Phase& p : phases_) {
        const double time = median(p.microseconds);
        text += fmt::format("{:<24} {:>12.1f} {:>6.1f}%\n", p.name, time, 100 * time / step);
    }
    return text + fmt::format("{:<24} {:>12.1f}\n", "step", step) + kernels_.table();
}

}  // namespace sinter
