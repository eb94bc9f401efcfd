// The search for the data that a program trains on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/data/image_set.h"
#include "core/files/download.h"

namespace sinter {

/// Finds the data that a program trains on: the first that is given of
///   1. `data_option` (--data): a folder for load_mnist, load_cifar10 or load_image_folder, whichever form it has, or
///      the name of a set (see known_sets.h), or the word `digits` for make_digits;
///   2. $SINTER_DATA_DIR, the same way;
///   3. mnist/ in the cache folder: $SINTER_CACHE_DIR, else $XDG_CACHE_HOME/sinter, else ~/.cache/sinter;
///   4. a download of MNIST into the cache, from $SINTER_MNIST_URL if set, else from the public mirrors, unless
///      $SINTER_OFFLINE is 1;
///   5. digits.
/// An empty variable counts as unset. Data that was asked for (1, 2) and cannot be had is a DataError, and so is a
/// damaged file in the cache; neither is replaced by something else. Where 4 fails, `say` and the `source` sentence
/// tell why.
///
/// A set that is asked for by its name may lie in $SINTER_DATA_DIR or in the cache, in a folder of one of its names;
/// MNIST is downloaded. What lies there is checked; a set that is not there is a DataError. A folder of such a name is
/// given as ./mnist.
///
/// The images are fitted to `request` (see fit.h); only those of an image folder can stay in a file.
/// `reason`: why `data_option` is looked at, for sentences.
DataSplits find_data(const std::optional<std::filesystem::path>& data_option, const ImageRequest& request,
                     const Say& say, const std::string& reason = "--data says so");

/// Whether a place is a data set with training and test images, for find_data(): the name of a set, a folder with the
/// files of one, or one with a folder train in it.
bool is_data_set(const std::filesystem::path& place);

}  // namespace sinter
