// Durations and speeds in words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sinter {

/// "0:07", "12:34", "1:02:03"; "-:--" for what is no duration (NaN, infinite, negative, beyond 9999 hours).
std::string format_duration(double seconds);

/// Seconds of "90s", "10m", "1h30m", or a number alone, which is of seconds, too; none where it is no such text or not
/// above 0.
std::optional<double> parse_duration(std::string_view text);

/// "31234", "45.7", "3.42": at least three digits, "-" for what is no rate (NaN, infinite, negative).
std::string format_rate(double per_second);

}  // namespace sinter
