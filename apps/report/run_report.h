// report.html: a training run on one page, from what its folder holds.
#pragma once

#include <filesystem>
#include <string>

namespace sinter {

/// Writes report.html into the folder of a run, which holds config.toml: its numbers as curves, its pictures, its
/// options, and the commands that repeat it, go on with it and measure it. A page of at most three megabytes, which
/// reads offline. Parts that are not there yet are left out. Returns where it stands. Throws DataError where the folder
/// holds no run or a file of it is damaged, Error where the page cannot be written.
std::filesystem::path write_run_report(const std::filesystem::path& run);

/// The same page as text.
std::string run_report(const std::filesystem::path& run);

}  // namespace sinter
