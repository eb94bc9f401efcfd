// Brings the images of data sets to the size and the channels that a program asks for.
#pragma once

#include "core/data/image_set.h"

namespace sinter {

/// Throws UsageError unless the request makes sense.
void check_request(const ImageRequest& request);

/// Fits the images of both sets to the request, on the threads of Device::cpu(). Throws DataError where the result
/// would not fit in memory.
void fit_images(DataSplits& data, const ImageRequest& request);

}  // namespace sinter
