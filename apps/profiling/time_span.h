// What ran, and when: the pieces of a profile.
#pragma once

#include <string>

#include "core/profile/work.h"

namespace sinter {

/// A kernel, a copy or a fill of the device, or a range of the host. Times are seconds of std::chrono::steady_clock.
struct TimeSpan {
    std::string name;
    double begin = 0, end = 0;
    const Work* work = nullptr;  ///< for whom; null for a range, and where that is not known
    bool after_pause = false;    ///< whether what ran before it was left out, such as the tests between two epochs
};

}  // namespace sinter
