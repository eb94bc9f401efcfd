// Data sets that are folders of image files.
#pragma once

#include <filesystem>

#include "core/data/image_set.h"
#include "core/files/download.h"

namespace sinter {

/// Loads the images of a folder (see list_images for its arrangement), decoded on the threads of Device::cpu() and
/// fitted to the request (see fit.h). Without a size in the request all images must have one size; without channels in
/// it the set is in colour if any image is. A file that cannot be read is named on `say`, left out and counted.
///
/// The decoded images are kept in the cache folder, under images/, in a file for this folder and request: the next call
/// reads that, unless a file has come, gone or changed since. Where the cache cannot be written, `say` tells. Pixels
/// that do not fit in memory stay in that file.
///
/// Throws DataError where the folder has no images, a split is left without any, or sizes differ and none is asked for;
/// Error where images need a file and it cannot be written.
DataSplits load_image_folder(const std::filesystem::path& folder, const ImageRequest& request, const Say& say);

/// Every image in a folder and below, without labels, fitted in the same way. Always in memory, never cached: this is
/// for pictures that a program has just written.
ImageSet load_all_images(const std::filesystem::path& folder, const ImageRequest& request, const Say& say);

}  // namespace sinter
