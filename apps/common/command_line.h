// The command line of a program, read by CLI11.
#pragma once

#include <CLI/CLI.hpp>

#include "core/options/option_list.h"

namespace sinter {

/// Adds every option of the list, its aliases and its questions to the command line.
void add_options(CLI::App& app, const OptionList& list);

/// Sets the options that the parsed command line gives. Throws UsageError where one has no such value.
void read_options(const CLI::App& app, OptionList& list);

}  // namespace sinter
