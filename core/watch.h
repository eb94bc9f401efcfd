// The numeric watch: finds the op in which NaN or infinity first appeared. It is off in normal training, where an
// UpdateGuard looks at the numbers of a step. A step that has one which is not finite is run again under the watch:
// random numbers have addresses, so it repeats.
#pragma once

#include "core/tensor.h"

namespace sinter {

/// While one lives, every op's output and every gradient on this thread is checked.
class Watch {
public:
    Watch();
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
};

bool watching();

/// The index of the first NaN or infinity in `values`, or -1. Waits for the device.
Index find_nonfinite(const Tensor& values);

/// Throw DivergedError naming op and scope if a NaN or infinity is found.
void watch_value(const char* op, const Tensor& values);
void watch_gradient(const char* op, const Tensor& gradient);

}  // namespace sinter
