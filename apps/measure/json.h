// The lines of --json.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "apps/measures/measured.h"

namespace sinter {

/// Adds each number under its name, its spread as <name>_<spread name>, and the reason why it was left out as
/// <name>_left_out. What is no number becomes null.
void add_measured(nlohmann::ordered_json& json, const std::vector<Measured>& all);

/// Prints it as one line on stdout.
void print_json_line(const nlohmann::ordered_json& json);

}  // namespace sinter
