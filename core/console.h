// What programs say. Results go to stdout: losing one is an error. All else goes to stderr: losing that is none, and
// nothing waits for a terminal that does not take it.
#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/printable.h"

namespace sinter {

/// Gives stdin, stdout and stderr a file each where they are closed, so that no other file gets their numbers; what is
/// written there is lost, as it was before. Ends no process whose reader has gone: that is an error of the write.
void prepare_console();

/// Writes to stderr or another file; what it does not take within so many milliseconds is lost. Returns whether it took
/// all.
bool write_if_taken(int file, std::string_view text, int milliseconds);

/// Brings what was written to stdout to whoever reads it.
void flush_results();
/// Whether all that was written to stdout so far has arrived; tells why not, but where its reader has gone.
bool results_have_arrived(std::string& why_not);

namespace console {

void write_sentence(std::string_view text) noexcept;
void write_result(std::string_view text);

/// Strings from outside are made printable; the format itself is ours.
template <class Value>
decltype(auto) safe(const Value& value) {
    if constexpr (std::is_convertible_v<const Value&, std::string_view>)
        return printable(value);
    else
        return value;
}

template <class... Values>
std::string text(fmt::string_view format, const Values&... values) {
    return fmt::vformat(format, fmt::make_format_args(values...));
}

}  // namespace console

/// Prints a sentence, or a few, to stderr. Strings among the arguments are made printable().
template <class... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) noexcept {
    try {
        console::write_sentence(console::text(format, console::safe(arguments)...));
    } catch (const std::exception&) {
        console::write_sentence("no memory is left for a sentence\n");
    }
}

/// Prints a result to stdout, the same way.
template <class... Arguments>
void answer(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    console::write_result(console::text(format, console::safe(arguments)...));
}
/// Prints lines that hold nothing from outside, or have it quoted as JSON does.
inline void answer_lines(std::string_view lines) { console::write_result(lines); }

}  // namespace sinter
