// The roofs over what this run's device does: the least time that work can take on it.
#pragma once

#include <optional>

#include "apps/roofs/bandwidth.h"
#include "core/device.h"

namespace sinter::bench {

struct Roofs {
    double multiply_adds = 0;  ///< a second, in the precision of the device
    BandwidthCurve bandwidth;

    /// Seconds that a call takes at least which moves `bytes`, found where so many fit, and computes `multiply_adds`.
    double least_seconds(double bytes, double multiply_adds) const;
};

/// Measures them, which takes about a second. Nothing for a device whose times mean nothing: an emulated one, or the
/// reference.
std::optional<Roofs> measure_roofs(Device device);

}  // namespace sinter::bench
