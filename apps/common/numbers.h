// Checks of numeric options whose complaints are sentences; CLI11's own would spell out the largest double.
#pragma once

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace sinter {

/// A whole number from `least` to `most`, by default the largest that the option's type T holds.
template <class T>
CLI::Validator whole_number(T least, T most = std::numeric_limits<T>::max()) {
    const auto check = [=](const std::string& text) -> std::string {
        T value{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc() && end == text.data() + text.size() && value >= least && value <= most) return "";
        return fmt::format("expected a whole number from {} to {}, got '{}'", least, most, text);
    };
    return CLI::Validator(check, "");
}

/// A finite number that is positive, or, with `or_zero`, not negative. NaN is neither.
inline CLI::Validator positive_number(bool or_zero = false) {
    const auto check = [=](const std::string& text) -> std::string {
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool is_number = error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
        if (is_number && (value > 0 || (or_zero && value == 0))) return "";
        return fmt::format("expected a {}, got '{}'", or_zero ? "number of at least 0" : "positive number", text);
    };
    return CLI::Validator(check, "");
}

/// A number of at least 0 and below 1.
inline CLI::Validator fraction() {
    const auto check = [](const std::string& text) -> std::string {
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc() && end == text.data() + text.size() && value >= 0 && value < 1) return "";
        return fmt::format("expected a number of at least 0 and below 1, got '{}'", text);
    };
    return CLI::Validator(check, "");
}

}  // namespace sinter
