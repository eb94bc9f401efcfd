// The options of measure.
#pragma once

#include <string>

#include "apps/common/devices.h"
#include "apps/measures/likelihood.h"
#include "apps/training/image_options.h"
#include "apps/vae/prior.h"
#include "core/names.h"
#include "core/options/option_list.h"
#include "core/shape.h"
#include "core/statistics/manifolds.h"

namespace sinter {

/// Which images of a data set.
enum class SplitChoice { train, test };
inline constexpr Named<SplitChoice> kSplitChoices[] = {{"train", SplitChoice::train}, {"test", SplitChoice::test}};

struct MeasureOptions : DeviceOptions, DataOptions {
    std::string checkpoint;                 ///< empty: that of the newest run
    PriorChoice prior;                      ///< of what it draws
    Index samples = 0;                      ///< 0: as many as there are real images
    bool reconstructions = false;           ///< of the real images, in place of samples
    std::string side_images, side_against;  ///< --images, --against
    SplitChoice images_split = SplitChoice::train, against_split = SplitChoice::test;
    std::string classifier;
    std::uint64_t seed = 1;
    BallSizes neighbours;
    bool probe = false;
    LikelihoodOptions likelihood;
    std::string out, save_features, save_reference;
    bool json = false, strict = false;
};

void describe(OptionList& list, MeasureOptions& options);

/// Throws UsageError for options that do not fit together, or paths that cannot be written: known before the work.
void check_options(const OptionList& list, const MeasureOptions& options);

}  // namespace sinter
