// The numbers of every step (losses, mostly), brought to the host without making it wait for the device.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/optim/update_guard.h"
#include "kernels/runtime/readback.h"

namespace sinter {

/// The work (core/profile/work.h) that ends a step: its numbers are sent to the host.
inline constexpr const char* kReadBack = "read_back";

/// Which step: its number, where in its epoch it begins, and how many images it has.
struct StepPlace {
    std::int64_t step = 0;
    Index position = 0, images = 0;
};

/// A number of a step on the host; NaN where the step does not have it.
struct NamedNumber {
    const char* name;
    double value;
};

/// What a step found, when it has arrived on the host.
struct Reading {
    StepPlace place;
    std::span<const NamedNumber> numbers;  ///< in the order of the step; valid until the next reading
    bool updates_held;                     ///< a number of this step or of one before is not finite
};

/// Hands over readings in the order of their steps: on a CUDA device kLag steps later, so that the next steps are
/// under way while the host looks at this one; elsewhere at once.
///
///     readings.push(place, numbers);
///     while (const auto reading = readings.ready()) ...
///
/// and when no step follows, the rest by wait().
class Readings {
public:
    static constexpr int kLag = 2;

    explicit Readings(Device device);

    /// Begins to read the numbers of the step. Throws UsageError where they are not as many as those of the first step.
    void push(const StepPlace& place, const StepNumbers& numbers);
    /// The reading of kLag steps before (or of this one), once. Throws DeviceError where a step failed on the device.
    std::optional<Reading> ready() { return under_way_ > lag_ ? std::optional(take()) : std::nullopt; }
    /// Waits for the oldest reading under way; none where all have been handed over. Throws as ready() does.
    std::optional<Reading> wait() { return under_way_ > 0 ? std::optional(take()) : std::nullopt; }

private:
    struct Slot {
        StepPlace place;
        std::vector<NamedNumber> numbers;
        bool updates_held = false;
    };

    void make_slots(int numbers);
    Reading take();
    /// `values`: the numbers of the slot, and behind them whether updates go on.
    template <class Real>
    static void fill(Slot& slot, const Real* values);

    Device device_;
    int lag_ = 0, first_ = 0, under_way_ = 0;
    std::vector<Slot> slots_;
#ifdef SINTER_HAS_CUDA
    std::optional<kernels::CudaReadback> readback_;
#endif
};

}  // namespace sinter
