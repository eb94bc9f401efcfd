// What minimal filtering gains and what it costs, transform by transform, as a table.
#pragma once

#include <string>

#include "apps/roofs/timing.h"
#include "kernels/runtime/queue.h"

namespace sinter::bench {

/// A row for each transform and kernel: the amplification of roundings that its matrices have; its errors on kinds of
/// data (kernels/cases/filter_errors.h) as multiples of those of a plain sum in float; and how many times as fast it
/// is on a layer of the DCGANs, timed in turn with the plain sum.
std::string filter_table(kernels::CpuQueue& queue, const TimingOptions& options);

}  // namespace sinter::bench
