// What is compared: the responses of one judge to the images that are measured, to the real ones, and to those that
// serve as a yardstick.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "apps/measure/options.h"
#include "apps/measure/reference.h"
#include "apps/measures/judge.h"

namespace sinter {

struct Comparison {
    std::string words;  ///< of the images that are measured
    ImageSet images;    ///< none where features were given
    Responses responses;
    Reference reference;
    std::unique_ptr<Judge> judge;      ///< none where features were given
    std::optional<ImageSet> training;  ///< the training images of the real ones, where they are known
    bool real_is_training = false;     ///< whether the real images are those
    std::string warning;               ///< about the data of a checkpoint; empty for none
};

/// Finds both sides and the judge as the options ask, and asks the judge. Throws DataError where a side cannot be had,
/// has fewer than two images, or is of another size.
Comparison open_comparison(const OptionList& list, const MeasureOptions& options, Device device);

/// The checkpoint that --checkpoint names, else that of the newest run in runs/. Throws UsageError where there is none.
std::string checkpoint_to_measure(const MeasureOptions& options);

}  // namespace sinter
