// What the fuzzers of image files share.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/pictures/image_file.h"
#include "tests/fuzz/fuzz.h"

namespace sinter::fuzz {

/// The files of the fixture with this ending.
inline std::vector<Input> pictures_with(const std::string& ending) {
    std::vector<Input> inputs;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(SINTER_FIXTURES) / "pictures")) {
        if (entry.path().extension() != ending) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return inputs;
}

/// Reads a picture, unless it is so large that only its size is looked at.
inline void try_picture(const std::filesystem::path& file) {
    constexpr std::int64_t kMaxPixels = 1 << 16;
    const ImageInfo info = read_image_info(file);
    expect(info.height >= 1 && info.width >= 1 && (info.channels == 1 || info.channels == 3),
           "a header makes no sense");
    expect(info.height * info.width <= kMaxImagePixels, "a header is believed too much");
    if (info.height * info.width > kMaxPixels) return;
    const Picture picture = read_image(file, {.background = {1, 2, 3}, .range = 1000});
    expect(picture.height == info.height && picture.width == info.width, "the picture has not the size of its header");
    expect(std::ssize(picture.pixels) == picture.height * picture.width * picture.channels, "the picture lacks pixels");
    expect(largest_number(file) <= kWholeRange, "a number has more than 16 bits");
}

}  // namespace sinter::fuzz
