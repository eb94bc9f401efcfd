#include "core/data/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <span>

#include "core/device.h"
#include "core/files/pixel_file.h"
#include "core/files/sha256.h"
#include "kernels/runtime/thread_pool.h"

namespace sinter {
namespace {

std::vector<std::uint32_t> checksums_of(const ImageSet& set, kernels::ThreadPool& pool) {
    std::vector<std::uint32_t> checksums(static_cast<std::size_t>(set.count));
    const auto bytes = static_cast<std::size_t>(set.bytes_per_image());
    constexpr std::int64_t kImagesPerTask = 256;
    pool.run((set.count + kImagesPerTask - 1) / kImagesPerTask, [&](std::int64_t task, int) {
        for (std::int64_t i = task * kImagesPerTask; i < std::min(set.count, (task + 1) * kImagesPerTask); ++i) {
            const std::span pixels = std::span(set.pixels).subspan(static_cast<std::size_t>(i) * bytes, bytes);
            checksums[static_cast<std::size_t>(i)] = pixel_checksum(pixels);
        }
    });
    return checksums;
}

}  // namespace

std::string describe(const DataSplits& data) {
    return fmt::format("{}, {} + {} {}images of {} x {}{}{}{}", data.train.name, data.train.count, data.test.count,
                       data.train.channels == 3 ? "colour " : "", data.train.width, data.train.height,
                       data.details.empty() ? "" : " (", fmt::join(data.details, "; "),
                       data.details.empty() ? "" : ")");
}

std::string content_hash(const DataSplits& data) {
    kernels::ThreadPool pool(cpu_threads());
    std::vector<std::uint8_t> content;
    for (const ImageSet* set : {&data.train, &data.test}) {
        const std::string sizes =
            fmt::format("{} {} {} {} {}\n", set->count, set->height, set->width, set->channels, set->labels.size());
        content.insert(content.end(), sizes.begin(), sizes.end());
        content.insert(content.end(), set->labels.begin(), set->labels.end());
        const std::vector<std::uint32_t> checksums = set->file ? set->checksums : checksums_of(*set, pool);
        for (const std::uint32_t checksum : checksums) {
            for (int shift = 0; shift < 32; shift += 8) content.push_back(static_cast<std::uint8_t>(checksum >> shift));
        }
    }
    return sha256_hex(content).substr(0, 16);
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
