// PNG files of image grids: the pictures that a training run leaves behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "core/files/files.h"
#include "core/pictures/picture.h"

namespace sinter {

/// How `count` images of height x width x channels (NHWC) are laid out in one picture, row by row.
struct GridLayout {
    std::int64_t count = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t channels = 1;  ///< 1 (grey) or 3 (RGB)
    std::int64_t columns = 8;   ///< images side by side; fewer where there are fewer images
    std::int64_t padding = 2;   ///< pixels of frame around and between images, not magnified
    std::int64_t scale = 1;     ///< every pixel becomes scale x scale equal pixels
    std::uint8_t frame = 128;   ///< the frame's grey, also shown where the last row has no image
};

/// A number in [0, 1] as a byte: 255 x, rounded. Others are clamped, and NaN is black.
std::uint8_t to_byte(float value);

/// The images in one picture. Floats become bytes by to_byte().
/// Throws UsageError when the layout makes no picture, or when `images` does not hold count*height*width*channels
/// numbers.
Picture arrange_grid(std::span<const float> images, const GridLayout& layout);
Picture arrange_grid(std::span<const std::uint8_t> images, const GridLayout& layout);

/// The picture as the bytes of a PNG file. Throws UsageError when its sizes do not agree, or when it is empty, longer
/// than 65,536 pixels on a side or larger than 2^29 bytes.
std::vector<std::byte> encode_png(const Picture& picture);

/// Arranges, encodes and writes with write_file_atomically.
void write_png_grid(const std::filesystem::path& path, std::span<const float> images, const GridLayout& layout);
void write_png_grid(const std::filesystem::path& path, std::span<const std::uint8_t> images, const GridLayout& layout);

}  // namespace sinter
