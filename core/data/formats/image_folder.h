// Data sets that are folders of image files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/data/image_set.h"
#include "core/files/download.h"

namespace sinter {

/// Loads the images of a folder (see list_images for its arrangement), decoded on the threads of Device::cpu() and
/// fitted to the request (see fit.h). If the request has no size, all images must have the same size. If it has no
/// channels, the set is in colour if any image is. A file that cannot be read is named on `say`, left out and counted.
///
/// The decoded images are kept in the cache folder, under images/, in a file for this folder and request. The next call
/// reads that file, unless an image has come, gone or changed since. If the cache cannot be written, `say` tells so.
/// Pixels that do not fit in memory stay in that file.
///
/// Throws DataError where the folder has no images, where a split is left without any, or where sizes differ and the
/// request has none. Throws Error where images need a file that cannot be written.
DataSplits load_image_folder(const std::filesystem::path& folder, const ImageRequest& request, const Say& say);

/// Loads the images of class folders, such as those that --sample --by-class writes, with their labels among the
/// classes of other data: class_folders(class_names) says which folder is which. Fitted in the same way, in memory,
/// never cached. Throws DataError where a folder belongs to none of the classes, or there are no images.
ImageSet load_labelled_images(const std::filesystem::path& folder, const std::vector<std::string>& class_names,
                              const ImageRequest& request, const Say& say);

/// Loads every image in a folder and below, without labels, fitted in the same way. They are always in memory and never
/// cached, because this is for pictures that a program has just written.
ImageSet load_all_images(const std::filesystem::path& folder, const ImageRequest& request, const Say& say);

}  // namespace sinter
