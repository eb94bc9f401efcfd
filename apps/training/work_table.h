// The table of --profile-steps: what each layer's kernels took.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "apps/roofs/roofs.h"
#include "apps/training/time_span.h"

namespace sinter {

/// A line for each phase, and under it one for each layer and kernel in the order of a step: launches, microseconds,
/// share, gap before, bytes, and the share of the roof, all of one step of `steps`; then the kernels, the gaps between
/// them, and the step, which is their sum. A launch counts from the later of its beginning and its predecessor's end.
/// The launches are in the order of their beginnings.
std::string work_table(std::span<const TimeSpan> launches, std::int64_t steps,
                       const std::optional<bench::Roofs>& roofs);

}  // namespace sinter
