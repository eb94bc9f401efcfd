// Checkpoints that a test changes.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "core/files/safetensors.h"
#include "core/nn/file_layout.h"

namespace sinter {

/// Writes these arrays as a checkpoint with these facts. It is one of the format before, which had no checksums: what
/// is refused is refused for what it holds.
inline void write_with_facts(const std::filesystem::path& path, std::span<const SafetensorsEntry> arrays,
                             SafetensorsMetadata facts) {
    std::erase_if(facts, [](const auto& fact) { return fact.first.starts_with("crc32"); });
    facts["format"] = "sinter checkpoint 1";
    write_safetensors(path, arrays, facts);
}

/// The same, as one of the format of today, with checksums that are right.
void write_with_checksums(const std::filesystem::path& path, std::span<const SafetensorsEntry> arrays,
                          SafetensorsMetadata facts);

/// The values of an array [before, image, after] with the images channels last, of those with the images channels
/// first. `rest` values stand behind each image.
template <class T>
std::vector<T> images_channels_last(const std::vector<T>& first, const FlattenedImage& image, Index before = 1,
                                    Index rest = 0, Index after = 1) {
    const Index pixels = image.height * image.width;
    std::vector<T> last(first.size());
    for (Index outer = 0; outer < before; ++outer) {
        for (Index value = 0; value < image.count() + rest; ++value) {
            const Index channel = value / pixels, pixel = value % pixels;
            const Index place = value < image.count() ? pixel * image.channels + channel : value;
            const Index line = outer * (image.count() + rest);
            for (Index inner = 0; inner < after; ++inner) {
                last[static_cast<std::size_t>((line + place) * after + inner)] =
                    first[static_cast<std::size_t>((line + value) * after + inner)];
            }
        }
    }
    return last;
}

}  // namespace sinter
