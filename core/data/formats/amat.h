// Binarised MNIST as Larochelle & Murray published it ("The neural autoregressive distribution estimator", AISTATS
// 2011): text files of zeros and ones.
#pragma once

#include <filesystem>

#include "core/data/image_set.h"

namespace sinter {

/// Loads binarized_mnist_train.amat and binarized_mnist_test.amat from `folder`: an image of 28 x 28 pixels a line, as
/// 784 words 0 or 1 with spaces between. Pixels become 0 and 255; there are no labels. The third file of the set,
/// binarized_mnist_valid.amat, is left aside.
///
/// Throws DataError, with the file and the line, where a file is missing or empty, or a line is something else.
DataSplits load_amat(const std::filesystem::path& folder);

/// Whether one of the three files lies there.
bool holds_amat(const std::filesystem::path& folder);

}  // namespace sinter
