// Where the time of some training steps goes, phase by phase (--profile-steps).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "apps/common/kernel_trace.h"
#include "core/device.h"

namespace sinter {

/// Collects the durations of named phases of the profiled steps and prints their medians. Profilers see the phases of
/// all steps as ranges (core/profile_range.h), and begin and end with the profiled steps if they were told to.
class StepProfile {
public:
    /// Of steps on `device`, which phases of profiled steps wait for: a phase takes as long as its kernels.
    explicit StepProfile(Device device) : device_(device) {}

    void set_active(bool active);
    /// Ends the phase that runs, if any, and begins another; null only ends it.
    void phase(const char* name);
    /// Ends the phase that runs and forgets it: it was none.
    void drop();
    /// The table: median microseconds and share of the step for each phase, then the whole step, then the CUDA kernels
    /// where there were some. Empty if nothing ran.
    std::string table() const;

private:
    using Clock = std::chrono::steady_clock;
    struct Phase {
        const char* name;
        std::vector<double> microseconds;
    };

    Device device_;
    bool active_ = false;
    const char* named_ = nullptr;  ///< the range that profilers see
    const char* running_ = nullptr;
    Clock::time_point began_;
    KernelTrace kernels_;
    std::vector<Phase> phases_;
};

}  // namespace sinter
