// Folders named after classes, such as those that generated images are sorted into.
#pragma once

#include <string>
#include <vector>

namespace sinter {

/// The folder of each class: its name, where that can be the name of a folder in which list_images() finds a class.
/// Of other names, %XX stands for a byte (as in a URL) that has another meaning there: / and control characters, a
/// first character that would have the folder passed over, and the first of test, val and valid, which are splits.
/// Different names have different folders. Throws DataError where two classes have the same name.
std::vector<std::string> class_folders(const std::vector<std::string>& class_names);

}  // namespace sinter
