// The frame around every program: parsing, errors as sentences, exit codes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/error.h"

namespace CLI {
class App;
}

namespace sinter {

/// Parses the arguments (the program's name not among them), runs `body` and returns the exit code of the process.
/// Errors become one sentence on stderr and the code they carry; --help and --version print to stdout. An unknown
/// option is answered with the nearest known one.
int run_program(CLI::App& app, std::vector<std::string> arguments, const std::function<ExitCode()>& body);

/// The name in `known` that is nearest to `word` by edit distance, or "" where none is near.
std::string nearest_name(const std::string& word, const std::vector<std::string>& known);

}  // namespace sinter
