// Durations and speeds in words.
#pragma once

#include <string>

namespace sinter {

/// "0:07", "12:34", "1:02:03"; "-:--" for what is no duration (NaN, infinite, negative, beyond 9999 hours).
std::string format_duration(double seconds);

/// "31234", "45.7", "3.42": at least three digits, "-" for what is no rate (NaN, infinite, negative).
std::string format_rate(double per_second);

}  // namespace sinter
