// Where the time of some training steps goes, phase by phase (--profile-steps).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "apps/training/kernel_trace.h"
#include "core/device.h"
#include "core/profile_range.h"

namespace sinter {

/// Collects how long the phases of the profiled steps take, and prints their medians. Profilers that were told to wait
/// for it record these steps.
class StepProfile final : public PhaseObserver {
public:
    /// Of steps on `device`, which phases of profiled steps wait for: a phase takes as long as its kernels.
    explicit StepProfile(Device device) : device_(device) {}

    /// Whether the phases from here on are those of a profiled step.
    void set_active(bool active);
    void begin_phase(const char* name) override;
    /// Forgets the phase under way: it was none of a step.
    void drop();
    /// The table: for each phase the median of its microseconds, its share of all steps and how many had it, then the
    /// whole step, then the CUDA kernels where there were some. Empty if nothing ran.
    std::string table() const;

private:
    using Clock = std::chrono::steady_clock;
    struct Phase {
        const char* name;
        std::vector<double> microseconds;
    };

    Device device_;
    bool active_ = false;
    const char* running_ = nullptr;
    Clock::time_point began_;
    double step_ = 0;            ///< of the step under way, so far
    std::vector<double> steps_;  ///< in microseconds
    KernelTrace kernels_;
    std::vector<Phase> phases_;
};

}  // namespace sinter
