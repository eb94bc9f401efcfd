// The MNIST family of data sets: four IDX files.
#pragma once

#include <filesystem>

#include "core/data/image_set.h"

namespace sinter {

/// Loads MNIST, or any set in its form (Fashion-MNIST, KMNIST, your own; any image size, any counts), from `folder`:
/// the files train-images, train-labels, t10k-images and t10k-labels. Each name ends in -idx3-ubyte or .idx3-ubyte
/// (idx1 for labels), and perhaps .gz. Both files of labels may be missing. QMNIST's files (qmnist-train-images, ...,
/// labels of several columns) and those of one of EMNIST's sets (emnist-letters-train-images, ...) are known by their
/// names; EMNIST's images are turned upright, its classes numbered from 0 and named as its mapping says. The files may
/// lie in `folder` itself or where torchvision puts them below it (MNIST/raw/, raw/, FashionMNIST/raw/ and so on). The
/// set is named after its folder; its classes are 0 to the largest label.
///
/// Throws DataError where a file is missing or damaged, where images and labels differ in number, where train and test
/// images differ in size, where a set is empty, or where a folder holds several of EMNIST's sets.
DataSplits load_mnist(const std::filesystem::path& folder);

/// Whether one of these files lies in `folder` or where torchvision puts it.
bool holds_mnist(const std::filesystem::path& folder);
/// Whether all four lie in `folder` itself.
bool is_complete_mnist(const std::filesystem::path& folder);

}  // namespace sinter
