// What measure prints: a table with the protocol in words, or one line of JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/measure/comparison.h"
#include "apps/measure/memorisation.h"

namespace sinter {

struct ImageReport {
    const Comparison& comparison;
    std::vector<Measured> measured, yardstick;
    std::vector<double> shares, real_shares;  ///< of the classes; empty where the judge knows none
    std::optional<Memorisation> memorisation;
    MeasuringOptions options;
    double equal_share = 0;
};

void print_table(const ImageReport& report);
void print_json(const ImageReport& report);
/// All warnings, each once.
std::vector<std::string> warnings_of(const ImageReport& report);

}  // namespace sinter
