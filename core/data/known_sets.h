// The sets that have a name of their own: --data mnist means that set, wherever it lies, and no other.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/image_set.h"

namespace sinter {

/// A published set of images.
struct KnownSet {
    const char* name;
    std::vector<const char*> folders;  ///< the names that people and programs give its folder
    std::int64_t train, test, side, channels;
    const char* content;                   ///< its content_hash(); empty where it is not known here
    std::vector<std::string> class_names;  ///< empty: as its files have them
};

/// MNIST, Fashion-MNIST, KMNIST and CIFAR-10.
std::span<const KnownSet> known_sets();

/// The set of this name; null where there is none.
const KnownSet* find_known_set(std::string_view name);

/// Whether the word is the name of a set rather than a path: a known set, or the embedded digits.
bool is_name_of_set(std::string_view word);

/// Throws DataError unless `data`, which was found in `folder`, is that set: by its content where that is known, else
/// by its counts and sizes, and by not being one of those that are known.
void require_known_set(const KnownSet& set, const DataSplits& data, const std::filesystem::path& folder);

}  // namespace sinter
