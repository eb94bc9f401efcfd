// Writing tiny image files for tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/data/image_set.h"

namespace sinter::tests {

/// Pixels of height x width x channels (1 grey, 2 grey and opacity, 3 colour, 4 colour and opacity).
struct TestImage {
    int height = 0, width = 0, channels = 1;
    std::vector<std::uint8_t> pixels;
};

/// An image whose pixels are all `value`.
TestImage plain_image(int height, int width, int channels, std::uint8_t value);

std::vector<std::uint8_t> png_bytes(const TestImage& image);
/// A PNG file of 16 bits a channel; each value is the given byte above a low byte of 77.
std::vector<std::uint8_t> png16_bytes(const TestImage& image);
/// A PNG file whose header claims these sizes and that holds nothing.
std::vector<std::uint8_t> png_claiming(std::uint32_t height, std::uint32_t width);
std::vector<std::uint8_t> jpeg_bytes(const TestImage& image, int quality = 95);

/// Pixel `i` of image `n`.
inline std::uint8_t pixel(const ImageSet& set, std::int64_t n, std::int64_t i = 0) {
    std::vector<std::uint8_t> image(static_cast<std::size_t>(set.bytes_per_image()));
    set.read(n, 1, image.data());
    return image[static_cast<std::size_t>(i)];
}

}  // namespace sinter::tests
