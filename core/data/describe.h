// The words that sentences about data sets share.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/data/image_set.h"

namespace sinter {

/// "mnist, 60000 + 10000 images of 28 x 28", followed by the details in parentheses.
std::string describe(const DataSplits& data);

/// Eight hexadecimal digits that tell sets of the same name and size apart. They are computed from the sizes, the
/// labels, and 64 images spread evenly over the set. Throws DataError where the pixels stay in a file that cannot be
/// read.
std::string content_tag(const ImageSet& set);

/// The name that people give the set in a folder: mnist for .../mnist, FashionMNIST for .../FashionMNIST/raw.
std::string folder_name(const std::filesystem::path& folder);

/// The names of classes that are only numbered: "0", "1", ...
std::vector<std::string> numbered_classes(int count);

}  // namespace sinter
