#include "core/data/describe.h"

#include <fmt/format.h>

namespace sinter {

std::string describe(const DataSplits& data) {
    return fmt::format("{}, {} + {} {}images of {} x {}{}{}{}", data.train.name, data.train.count, data.test.count,
                       data.train.channels == 3 ? "colour " : "", data.train.height, data.train.width,
                       data.details.empty() ? "" : " (", fmt::join(data.details, "; "),
                       data.details.empty() ? "" : ")");
}

std::string folder_name(const std::filesystem::path& folder) {
    std::filesystem::path path = std::filesystem::absolute(folder).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();  // .../mnist/
    if (path.filename() == "raw") path = path.parent_path();
    return path.filename().string();
}

std::vector<std::string> numbered_classes(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back(std::to_string(i));
    return names;
}

}  // namespace sinter
