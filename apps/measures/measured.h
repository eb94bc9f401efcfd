// A number that was measured, with its spread and with what speaks against it.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace sinter {

struct Measured {
    static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

    std::string name;           ///< see kMeasureKinds; likelihoods have names of their own
    double value = 0;           ///< kNone where it was left out
    double spread = kNone;      ///< kNone where there is none
    std::string spread_name;    ///< what the spread is: "std" of subsets, or standard "error" of the value
    std::string left_out = {};  ///< why, where it was
    std::vector<std::string> warnings = {};
};

/// Null where there is none of this name.
const Measured* find(const std::vector<Measured>& all, std::string_view name);

/// Adds a text that is not empty and not there yet.
void add_once(std::vector<std::string>& texts, const std::string& text);
/// Adds the warnings of all, each once.
void add_warnings(std::vector<std::string>& texts, const std::vector<Measured>& all);

}  // namespace sinter
