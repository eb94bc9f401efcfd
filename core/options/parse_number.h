// A number from its text, whole. For .cpp files.
#pragma once

#include <charconv>
#include <string>
#include <system_error>

namespace sinter {

/// Sets `number`, an integer or a floating-point number, to what all of `text` says. False where it says none or more.
template <class Number>
bool parse_number(const std::string& text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace sinter
