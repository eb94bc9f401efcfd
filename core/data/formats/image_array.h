// Images in one array: a .npy file of NumPy, or an IDX file without labels.
#pragma once

#include <filesystem>

#include "core/data/image_set.h"

namespace sinter {

/// Loads the images of a file, without labels:
///   .npy   [count, height, width], [count, height, width, channels] or, where only that makes 1 or 3 channels,
///          [count, channels, height, width]; bytes as they are, floats in [0, 1] rounded to 8 bits
///   else   an IDX file of bytes with three sizes, raw or gzip
/// Throws DataError where the file cannot be read, is damaged, has other sizes or types, or a float is outside of [0, 1]
/// or NaN.
ImageSet load_image_array(const std::filesystem::path& file);

}  // namespace sinter
