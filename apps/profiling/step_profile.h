// Where the time of some training steps goes: by phase, layer and kernel (--profile-steps), and launch by launch in a
// file for a trace viewer (--trace).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/profiling/step_range.h"
#include "apps/profiling/time_span.h"
#include "core/device.h"
#include "core/profile/range.h"
#include "core/profile/work.h"

#ifdef SINTER_HAS_CUDA
#include "kernels/runtime/cuda_trace.h"
#include "kernels/runtime/step_clock.h"
#endif

namespace sinter {

/// Watches the steps of a run as they go: recorded steps stay recorded, and nobody waits within the profiled range.
/// A device's times are those of CUPTI's records; what a kernel was called for is noted when it is launched or
/// recorded. On the CPU a call's time is that between its begin and its end.
class StepProfile final : public WorkObserver, public RangeObserver {
public:
    /// To be made before the first step is recorded.
    StepProfile(Device device, const StepRange& steps);

    /// Before the batch of a step, of which `done` came before it in the run.
    void begin_step(std::int64_t done);
    /// After the step's numbers were sent for.
    void end_step();
    /// Takes begin_step() back: the epoch has no batch left. The pause until the next step is in no table.
    void drop_step();
    /// Whether all steps to be profiled are among the first `done`.
    bool is_over(std::int64_t done) const { return done >= steps_.end; }

    /// Ends the profile, and returns its table; empty if no step was profiled. Measures the device's roofs meanwhile.
    std::string finish();
    /// Writes what finish() has found in the JSON form of Chrome's trace viewer and of Perfetto: the host's ranges, the
    /// layers and the kernels. Throws DataError if the file cannot be written.
    void write_trace(const std::filesystem::path& file) const;

    void begin_work(const Work& work) override;
    void end_work() override;
    void begin_range(const char* name) override;
    void end_range() override;

private:
    void start();
    void stop();
    void note_step_time();
    std::string step_lines() const;

    Device device_;
    StepRange steps_;
    bool is_active_ = false, is_in_step_ = false;
    // A trace that begins makes a step slow, so a device's step before the first is traced too, and left out.
    bool is_warm_up_ = false, holds_warm_up_ = false;
    std::vector<std::unique_ptr<Work>> works_;  ///< whose addresses stay
    std::vector<TimeSpan> launches_, ranges_;
    std::size_t first_after_pause_ = 0;     ///< in launches_
    std::vector<std::size_t> open_ranges_;  ///< places in ranges_
    std::vector<double> launched_at_;       ///< by the host's clock, each profiled step
    std::vector<double> untraced_;          ///< seconds of steps before the profiled ones
    double call_began_ = 0, step_began_ = 0;
    std::int64_t steps_seen_ = 0;
    std::string absence_;  ///< why the device's times are not known
#ifdef SINTER_HAS_CUDA
    std::unique_ptr<kernels::CudaTrace> trace_;  ///< of a CUDA device
    std::unique_ptr<kernels::CudaStepClock> clock_;
#endif
};

}  // namespace sinter
