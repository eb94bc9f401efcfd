// The words that sentences about data sets share.
#pragma once

#include <string>
#include <vector>

#include "core/data/image_set.h"

namespace sinter {

/// "mnist, 60000 + 10000 images of 28 x 28"
std::string describe(const DataSplits& data);

/// The names of classes that are only numbered: "0", "1", ...
std::vector<std::string> numbered_classes(int count);

}  // namespace sinter
