// Image grids and their PNG encoding by stb_image_write, compressed by zlib.
#include "core/pictures/png.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace sinter {
namespace {

/// The level is low, because training waits while a sample grid is written. Measured on a grid of 1024 digits, level 3
/// took 57 ms for 309 kB and level 9 515 ms for 275 kB (stb_image_write's own compressor: 86 ms for 344 kB).
constexpr int kCompressionLevel = 3;

/// The signature that stb_image_write asks for; it releases the result with free().
unsigned char* compress_with_zlib(unsigned char* data, int size, int* compressed_size, int /*quality*/) {
    uLongf capacity = compressBound(static_cast<uLong>(size));
    auto* compressed = static_cast<unsigned char*>(std::malloc(capacity));
    if (compressed == nullptr) return nullptr;
    if (compress2(compressed, &capacity, data, static_cast<uLong>(size), kCompressionLevel) != Z_OK) {
        std::free(compressed);
        return nullptr;
    }
    *compressed_size = static_cast<int>(capacity);
    return compressed;
}

}  // namespace
}  // namespace sinter

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC  // no clash with a program that brings its own copy
#define STBI_WRITE_NO_STDIO
#define STBIW_ZLIB_COMPRESS sinter::compress_with_zlib
#include "stb_image_write.h"

namespace sinter {
namespace {

// stb counts bytes, and sums of differences along a row, in int. These limits keep both far from its end.
constexpr double kMaxPixelsPerSide = 1 << 16;
constexpr double kMaxPictureBytes = 1 << 29;

/// Takes floating point, because a product of sizes that nobody has checked may not fit an integer.
bool fits_png(double height, double width, double channels) {
    return height >= 1 && height <= kMaxPixelsPerSide && width >= 1 && width <= kMaxPixelsPerSide &&
           (channels == 1 || channels == 3) && height * width * channels <= kMaxPictureBytes;
}

std::uint8_t byte_of(std::uint8_t value) { return value; }
std::uint8_t byte_of(float value) { return to_byte(value); }

void check_layout(const GridLayout& layout, std::size_t values) {
    const auto describe = [&] {
        return fmt::format("{} images of {}x{}x{}, {} columns, padding {}, scale {}", layout.count, layout.height,
                           layout.width, layout.channels, layout.columns, layout.padding, layout.scale);
    };
    if (std::min({layout.count, layout.height, layout.width, layout.columns, layout.scale}) < 1 || layout.padding < 0 ||
        (layout.channels != 1 && layout.channels != 3)) {
        throw UsageError(
            "[image grid] Expected at least one image, pixel and column, 1 or 3 channels, padding >= 0 and scale >= 1, "
            "got " +
            describe() + ". Correct the layout.");
    }
    const auto columns = static_cast<double>(std::min(layout.columns, layout.count));
    const double rows = std::ceil(static_cast<double>(layout.count) / columns);
    const auto padding = static_cast<double>(layout.padding);
    const auto scale = static_cast<double>(layout.scale);
    const double height = rows * (static_cast<double>(layout.height) * scale + padding) + padding;
    const double width = columns * (static_cast<double>(layout.width) * scale + padding) + padding;
    if (!fits_png(height, width, static_cast<double>(layout.channels))) {
        throw UsageError(fmt::format(
            "[image grid] Expected a picture of at most {:.0f} pixels a side and {:.0f} bytes, {} make {:.0f}x{:.0f}. "
            "Show fewer images, use a smaller scale or choose other columns.",
            kMaxPixelsPerSide, kMaxPictureBytes, describe(), height, width));
    }
    const std::int64_t needed = layout.count * layout.height * layout.width * layout.channels;
    if (static_cast<std::int64_t>(values) != needed) {
        throw UsageError(
            fmt::format("[image grid] Expected {} values for {}, got {}. Pass the whole batch with its own sizes.",
                        needed, describe(), values));
    }
}

template <class Value>
Picture arrange(std::span<const Value> images, const GridLayout& layout) {
    check_layout(layout, images.size());
    const std::int64_t columns = std::min(layout.columns, layout.count);
    const std::int64_t rows = (layout.count + columns - 1) / columns;
    const std::int64_t cell_height = layout.height * layout.scale + layout.padding;
    const std::int64_t cell_width = layout.width * layout.scale + layout.padding;
    Picture picture{rows * cell_height + layout.padding, columns * cell_width + layout.padding, layout.channels, {}};
    const std::int64_t row_bytes = picture.width * picture.channels;
    picture.pixels.assign(static_cast<std::size_t>(picture.height * row_bytes), layout.frame);

    const Value* value = images.data();
    for (std::int64_t image = 0; image < layout.count; ++image) {
        const std::int64_t top = image / columns * cell_height + layout.padding;
        const std::int64_t left = image % columns * cell_width + layout.padding;
        for (std::int64_t y = 0; y < layout.height; ++y) {
            std::uint8_t* const first =
                picture.pixels.data() + (top + y * layout.scale) * row_bytes + left * layout.channels;
            std::uint8_t* pixel = first;
            for (std::int64_t x = 0; x < layout.width; ++x, value += layout.channels) {
                for (std::int64_t copy = 0; copy < layout.scale; ++copy) {
                    for (std::int64_t c = 0; c < layout.channels; ++c) *pixel++ = byte_of(value[c]);
                }
            }
            for (std::int64_t copy = 1; copy < layout.scale; ++copy) {
                std::copy(first, pixel, first + copy * row_bytes);
            }
        }
    }
    return picture;
}

void append_bytes(void* context, void* data, int size) {
    auto* bytes = static_cast<std::vector<std::byte>*>(context);
    const auto* first = static_cast<const std::byte*>(data);
    bytes->insert(bytes->end(), first, first + size);
}

}  // namespace

std::uint8_t to_byte(float value) {
    if (!(value > 0)) return 0;  // NaN included
    return static_cast<std::uint8_t>(std::lround(std::min(value, 1.0f) * 255.0f));
}

Picture arrange_grid(std::span<const float> images, const GridLayout& layout) { return arrange(images, layout); }

Picture arrange_grid(std::span<const std::uint8_t> images, const GridLayout& layout) { return arrange(images, layout); }

std::vector<std::byte> encode_png(const Picture& picture) {
    const std::string size =
        fmt::format("{}x{}x{} and {} bytes", picture.height, picture.width, picture.channels, picture.pixels.size());
    if (!fits_png(static_cast<double>(picture.height), static_cast<double>(picture.width),
                  static_cast<double>(picture.channels)) ||
        picture.height * picture.width * picture.channels != static_cast<std::int64_t>(picture.pixels.size())) {
        throw UsageError(fmt::format(
            "[png] Expected height x width x (1 or 3) bytes, at most {:.0f} pixels a side and {:.0f} bytes, got {}. "
            "Correct the picture's sizes.",
            kMaxPixelsPerSide, kMaxPictureBytes, size));
    }
    std::vector<std::byte> file;
    const int done = stbi_write_png_to_func(append_bytes, &file, static_cast<int>(picture.width),
                                            static_cast<int>(picture.height), static_cast<int>(picture.channels),
                                            picture.pixels.data(), static_cast<int>(picture.width * picture.channels));
    if (done == 0) throw Error("[png] Out of memory while compressing a picture of " + size + ". Show fewer images.");
    return file;
}

void write_png_grid(const std::filesystem::path& path, std::span<const float> images, const GridLayout& layout) {
    write_file_atomically(path, encode_png(arrange_grid(images, layout)));
}

void write_png_grid(const std::filesystem::path& path, std::span<const std::uint8_t> images, const GridLayout& layout) {
    write_file_atomically(path, encode_png(arrange_grid(images, layout)));
}

}  // namespace sinter
