// The table of --profile-steps: what each layer's kernels took.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/profiling/time_span.h"
#include "apps/roofs/roofs.h"

namespace sinter {

/// A line for each phase, and under it one for each layer and kernel in the order of a step: launches, microseconds,
/// share, gap before, bytes, and the share of the roof, all of one step of `steps`; then the kernels, the gaps between
/// them, and the step, which is their sum, with the median step beside it. A launch counts from the later of its
/// beginning and its predecessor's end. The launches are in the order of their beginnings.
std::string work_table(std::span<const TimeSpan> launches, std::int64_t steps,
                       const std::optional<bench::Roofs>& roofs);

/// "median 1.5 us, 95th percentile 2.0 us" of the seconds of some steps. Fewer than 20 have no 95th percentile.
std::string step_times(const std::vector<double>& seconds);

}  // namespace sinter
