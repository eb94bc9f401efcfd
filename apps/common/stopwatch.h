// Seconds since a moment.
#pragma once

#include <chrono>

namespace sinter {

class Stopwatch {
public:
    /// Since the construction of this object.
    double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point start_ = Clock::now();
};

}  // namespace sinter
