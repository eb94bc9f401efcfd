// A text as one word of a command line.
#pragma once

#include <string>

namespace sinter {

/// As a shell reads it as one word: quoted where it has to be.
std::string shell_word(const std::string& text);

}  // namespace sinter
