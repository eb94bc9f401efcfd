// The two sides of a comparison: the images that are measured, and the real ones.
#pragma once

#include <optional>
#include <string>

#include "apps/measure/options.h"
#include "core/data/image_set.h"

namespace sinter {

struct Side {
    ImageSet images;
    std::string words;              ///< "the 10000 test images of mnist", "the 900 images in samples/"
    std::optional<DataSplits> set;  ///< the data set that they are a split of, whose own they are moved from
};

/// The images that `option` names: of a data set (see is_data_set()) its split, of any other folder all images in it
/// and below, of a file all images in it. They are fitted as the options say; without a size all must have one. Throws
/// DataError where there are none, or they cannot be read.
Side load_side(const char* option, const std::string& place, SplitChoice split, const DataOptions& options);

}  // namespace sinter
