// What measure prints: a table with the protocol in words, or one line of JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/measure/comparison.h"
#include "apps/measure/memorisation.h"
#include "apps/measures/image_measures.h"

namespace sinter {

/// Everything that was found out about the images of a comparison, which must outlive it.
struct ImageReport {
    const Comparison& comparison;
    MeasuringOptions options;
    double equal_share = 0;                   ///< of the images that repeat an earlier one
    std::vector<Measured> measured;           ///< of the images
    std::vector<Measured> yardstick;          ///< of real ones; empty where there are none
    std::vector<double> shares, real_shares;  ///< of the classes; empty where the judge knows none
    std::optional<Memorisation> memorisation;
};
ImageReport measure_comparison(Comparison& comparison, const MeasuringOptions& options, Device device);

void print_table(const ImageReport& report);
void print_json(const ImageReport& report);
/// All warnings, each once.
std::vector<std::string> warnings_of(const ImageReport& report);

}  // namespace sinter
