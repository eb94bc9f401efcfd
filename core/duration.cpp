#include "core/duration.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

namespace sinter {

std::string format_duration(double seconds) {
    constexpr double kMaxHours = 9999;
    if (!(seconds >= 0) || seconds > kMaxHours * 3600) return "-:--";
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
    return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest) : fmt::format("{}:{:02}", minutes, rest);
}

std::string format_rate(double per_second) {
    if (!std::isfinite(per_second) || per_second < 0) return "-";
    return fmt::format("{:.{}f}", per_second, per_second < 10 ? 2 : per_second < 100 ? 1 : 0);
}

}  // namespace sinter
