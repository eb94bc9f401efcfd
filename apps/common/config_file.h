// config.toml: the options of a run, with those that had their defaults, in a file that can be given back with
// --config.
#pragma once

#include <filesystem>
#include <string>

#include "core/options/option_list.h"

namespace sinter {

/// The program's name and every option that may stand in a file, one a line, in the order of the list.
std::string config_text(const OptionList& list);

/// Sets the options that the command line has not given to what the list's config file says, where it has one. A value
/// may stand as TOML's own type or as text, as on the command line. Throws UsageError, naming the file and the line or
/// the option, where it cannot be read, is of another program, or holds something that is no option or no value of it.
void read_config(OptionList& list);

/// The text of one value in a config file; empty where it has none. Throws DataError where the file cannot be read.
std::string config_value(const std::filesystem::path& file, const std::string& key);

}  // namespace sinter
