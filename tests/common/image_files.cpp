#include "tests/common/image_files.h"

#include <zlib.h>

#include <string>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include "stb_image_write.h"

namespace sinter::tests {
namespace {

using Content = std::vector<std::uint8_t>;

void append(void* content, void* data, int size) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    static_cast<Content*>(content)->insert(static_cast<Content*>(content)->end(), bytes, bytes + size);
}

void append_u32(Content& content, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) content.push_back(static_cast<std::uint8_t>(value >> shift));
}

void append_chunk(Content& png, const std::string& type, const Content& data) {
    append_u32(png, static_cast<std::uint32_t>(data.size()));
    Content checked(type.begin(), type.end());
    checked.insert(checked.end(), data.begin(), data.end());
    png.insert(png.end(), checked.begin(), checked.end());
    append_u32(png, static_cast<std::uint32_t>(crc32(0, checked.data(), static_cast<uInt>(checked.size()))));
}

Content png_start(std::uint32_t height, std::uint32_t width, int bits, int channels) {
    Content png = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, header;
    append_u32(header, width);
    append_u32(header, height);
    header.push_back(static_cast<std::uint8_t>(bits));
    header.push_back(channels == 1 ? 0 : 2);
    header.insert(header.end(), {0, 0, 0});
    append_chunk(png, "IHDR", header);
    return png;
}

}  // namespace

TestImage plain_image(int height, int width, int channels, std::uint8_t value) {
    return {height, width, channels, Content(static_cast<std::size_t>(height * width * channels), value)};
}

Content png_bytes(const TestImage& image) {
    Content content;
    stbi_write_png_to_func(append, &content, image.width, image.height, image.channels, image.pixels.data(),
                           image.width * image.channels);
    return content;
}

Content png16_bytes(const TestImage& image) {
    Content png = png_start(static_cast<std::uint32_t>(image.height), static_cast<std::uint32_t>(image.width), 16,
                            image.channels);
    Content rows;
    const std::size_t row = static_cast<std::size_t>(image.width * image.channels);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        if (i % row == 0) rows.push_back(0);  // no filter
        rows.insert(rows.end(), {image.pixels[i], 77});
    }
    uLongf size = compressBound(rows.size());
    Content packed(size);
    compress(packed.data(), &size, rows.data(), rows.size());
    packed.resize(size);
    append_chunk(png, "IDAT", packed);
    append_chunk(png, "IEND", {});
    return png;
}

Content png_claiming(std::uint32_t height, std::uint32_t width) {
    Content png = png_start(height, width, 8, 3);
    append_chunk(png, "IDAT", {0x78, 0x9c, 0x03, 0, 0, 0, 0, 1});
    append_chunk(png, "IEND", {});
    return png;
}

Content jpeg_bytes(const TestImage& image, int quality) {
    Content content;
    stbi_write_jpg_to_func(append, &content, image.width, image.height, image.channels, image.pixels.data(), quality);
    return content;
}

}  // namespace sinter::tests
