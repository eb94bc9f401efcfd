// The roofs over what this run's device does: the least time that work can take on it.
#pragma once

#include <optional>
#include <string>

#include "apps/roofs/bandwidth.h"
#include "core/device.h"

namespace sinter::bench {

struct Roofs {
    double multiply_adds_per_second = 0;  ///< in the precision of the device
    BandwidthCurve bandwidth;

    /// The least seconds of a call: its bytes at the bandwidth of a working set of that size, or its multiply-adds,
    /// whichever takes longer.
    double least_seconds(double bytes, double multiply_adds) const;
    /// "roof: 250 GFLOP/s, 40.1 GB/s from memory, measured in this run"
    std::string text() const;
};

/// Measures them, which takes about a second. Nothing for a device whose times mean nothing: an emulated one, or the
/// reference.
std::optional<Roofs> measure_roofs(Device device);

}  // namespace sinter::bench
