// Text from outside, as a terminal may get it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sinter {

/// The longest sentence that is printed, in bytes.
inline constexpr std::size_t kMaxSentence = 2000;

/// A text that may hold names from outside (paths, values of options, what files say) such that it can neither steer a
/// terminal nor look like another line: control characters, those that turn the direction of writing, and bytes that
/// are not UTF-8 stand there as \n, \t or \x1b. What is longer than `most` bytes loses its middle. A text that went
/// through it once stays as it is.
std::string printable(std::string_view text, std::size_t most = kMaxSentence);

/// Whether the bytes are UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

}  // namespace sinter
