// The words that sentences about data sets share.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/data/image_set.h"

namespace sinter {

/// "mnist, 60000 + 10000 images of 28 x 28", followed by the details in parentheses.
std::string describe(const DataSplits& data);

/// Sixteen hexadecimal digits that tell sets apart, whatever they are called: computed from the sizes, the labels and
/// the pixel_checksum() of every image, training and test.
std::string content_hash(const DataSplits& data);

/// The name that people give the set in a folder: mnist for .../mnist, FashionMNIST for .../FashionMNIST/raw.
std::string folder_name(const std::filesystem::path& folder);

/// The names of classes that are only numbered: "0", "1", ...
std::vector<std::string> numbered_classes(int count);

}  // namespace sinter
