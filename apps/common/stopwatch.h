// Seconds since a moment, and the middle of many.
#pragma once

#include <chrono>
#include <vector>

namespace sinter {

class Stopwatch {
public:
    /// Since the construction of this object.
    double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point start_ = Clock::now();
};

/// The middle value, or the mean of the two in the middle. `values` may not be empty.
double median(std::vector<double> values);

}  // namespace sinter
