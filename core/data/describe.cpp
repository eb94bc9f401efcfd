#include "core/data/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "core/files/sha256.h"

namespace sinter {

std::string describe(const DataSplits& data) {
    return fmt::format("{}, {} + {} {}images of {} x {}{}{}{}", data.train.name, data.train.count, data.test.count,
                       data.train.channels == 3 ? "colour " : "", data.train.height, data.train.width,
                       data.details.empty() ? "" : " (", fmt::join(data.details, "; "),
                       data.details.empty() ? "" : ")");
}

std::string content_tag(const ImageSet& set) {
    constexpr std::int64_t kImages = 64;
    const std::string sizes = fmt::format("{} {} {} {}\n", set.count, set.height, set.width, set.channels);
    std::vector<std::uint8_t> content(sizes.begin(), sizes.end());
    content.insert(content.end(), set.labels.begin(), set.labels.end());
    const std::int64_t taken = std::min(kImages, set.count);
    for (std::int64_t i = 0; i < taken; ++i) {
        content.resize(content.size() + static_cast<std::size_t>(set.bytes_per_image()));
        set.read(set.count * i / taken, 1, content.data() + content.size() - set.bytes_per_image());
    }
    return sha256_hex(content).substr(0, 8);
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
