#include "core/duration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/options/parse_number.h"

namespace sinter {

std::string format_duration(double seconds) {
    constexpr double kMaxHours = 9999;
    if (!(seconds >= 0) || seconds > kMaxHours * 3600) return "-:--";
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
    return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest) : fmt::format("{}:{:02}", minutes, rest);
}

std::optional<double> parse_duration(std::string_view text) {
    constexpr const char* kDigits = "0123456789.";
    double seconds = 0, last_unit = std::numeric_limits<double>::infinity();
    const bool is_plain = text.find_first_not_of(kDigits) == std::string_view::npos;
    while (!text.empty()) {
        const std::size_t digits = std::min(text.find_first_not_of(kDigits), text.size());
        double count = 0;
        if (!parse_number(std::string(text.substr(0, digits)), count)) return std::nullopt;
        text.remove_prefix(digits);
        if (text.empty() && !is_plain) return std::nullopt;  // 1h30 may be meant as either
        const char letter = is_plain ? 's' : text[0];
        const double unit = letter == 's' ? 1 : letter == 'm' ? 60 : letter == 'h' ? 3600 : 0;
        if (unit == 0 || unit >= last_unit) return std::nullopt;  // an unknown one, or one that has been
        if (!text.empty()) text.remove_prefix(1);
        seconds += count * unit;
        last_unit = unit;
    }
    return seconds > 0 && std::isfinite(seconds) ? std::optional(seconds) : std::nullopt;
}

std::string format_rate(double per_second) {
    if (!std::isfinite(per_second) || per_second < 0) return "-";
    return fmt::format("{:.{}f}", per_second, per_second < 10 ? 2 : per_second < 100 ? 1 : 0);
}

}  // namespace sinter
