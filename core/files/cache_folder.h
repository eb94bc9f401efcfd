// The folder that keeps downloads and decoded images from run to run.
#pragma once

#include <filesystem>
#include <string>

namespace sinter {

/// The value of an environment variable; empty where it is unset.
std::string environment(const char* name);

/// The cache folder: $SINTER_CACHE_DIR, else $XDG_CACHE_HOME/sinter, else ~/.cache/sinter; empty where the environment
/// names none. It need not exist.
std::filesystem::path cache_folder();

}  // namespace sinter
