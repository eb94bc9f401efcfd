// The table of --profile-steps: what each layer's kernels took.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "apps/roofs/roofs.h"
#include "apps/training/step_profile.h"

namespace sinter {

/// What `steps` steps took, in seconds.
struct StepTimes {
    double kernels = 0;  ///< of the device: every launch from the later of its beginning and its predecessor's end
    double gaps = 0;     ///< between launches
};

StepTimes times_of(std::span<const TimeSpan> launches);

/// A line for each phase, and under it one for each layer and kernel in the order of a step: launches, microseconds,
/// share, gap before, bytes, and the share of the roof, all of one step of `steps`. The lines add up to the step. The
/// launches are in the order of their beginnings.
std::string work_table(std::span<const TimeSpan> launches, std::int64_t steps,
                       const std::optional<bench::Roofs>& roofs);

/// What ran for work whose calls end with this kernel ended a step.
inline constexpr const char* kLastOfStep = "read_back";

}  // namespace sinter
