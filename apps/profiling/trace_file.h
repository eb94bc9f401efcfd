// The file of --trace: what host and device did in some steps, for chrome://tracing and ui.perfetto.dev.
#pragma once

#include <filesystem>
#include <span>

#include "apps/profiling/time_span.h"

namespace sinter {

/// Writes the trace event format (JSON) with three tracks: the host's ranges, the layers as the device computes them,
/// the kernels. Times are in microseconds from the first. Ranges that have not ended are left out. Throws DataError if
/// the file cannot be written.
void write_trace(const std::filesystem::path& file, std::span<const TimeSpan> ranges,
                 std::span<const TimeSpan> launches);

}  // namespace sinter
