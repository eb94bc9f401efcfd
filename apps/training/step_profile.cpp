#include "apps/training/step_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

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
        step_ += found->microseconds.back();
    }
    if (!name && step_ > 0) steps_.push_back(std::exchange(step_, 0));
    running_ = name;
    began_ = Clock::now();
}

void StepProfile::drop() {
    running_ = nullptr;
    step_ = 0;
}

std::string StepProfile::table() const {
    if (steps_.empty()) return "";
    const auto sum = [](const std::vector<double>& times) { return std::accumulate(times.begin(), times.end(), 0.0); };
    std::string text = fmt::format("{:<24} {:>12} {:>7} {:>6}   (medians of {} steps; shares of their whole time)\n",
                                   "phase", "microseconds", "share", "steps", steps_.size());
    for (const Phase& p : phases_) {
        text += fmt::format("{:<24} {:>12.1f} {:>6.1f}% {:>6}\n", p.name, median(p.microseconds),
                            100 * sum(p.microseconds) / sum(steps_), p.microseconds.size());
    }
    return text + fmt::format("{:<24} {:>12.1f}\n", "step", median(steps_)) + kernels_.table();
}

}  // namespace sinter
