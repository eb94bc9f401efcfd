// CIFAR-10, in its binary form or as Python has it.
#pragma once

#include <filesystem>

#include "core/data/image_set.h"

namespace sinter {

/// Loads CIFAR-10 from data_batch_1.bin to data_batch_5.bin and test_batch.bin, in `folder` or in cifar-10-batches-bin/
/// below it: records of a label (0 to 9), then 32 x 32 bytes of red, of green, and of blue. A file may hold any number
/// of records. Without them it reads data_batch_1 to data_batch_5 and test_batch, there or in cifar-10-batches-py/,
/// where torchvision puts them (see pickle.h). The names of the classes come from batches.meta.txt if it lies beside
/// the files.
///
/// Throws DataError, with the file and the offset, where a file is missing, is not a whole number of records, or holds
/// another label.
DataSplits load_cifar10(const std::filesystem::path& folder);

/// Whether one of these files lies there.
bool holds_cifar10(const std::filesystem::path& folder);

}  // namespace sinter
