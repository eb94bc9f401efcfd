// Image files by stb_image. Its other formats stay out: nobody keeps data sets in them, and their decoders had faults.
#include "core/pictures/image_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/error.h"
#include "core/files/files.h"
#include "core/pictures/image_fitter.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC  // no clash with a program that brings its own copy
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_FAILURE_USERMSG
#define STBI_MAX_DIMENSIONS (1 << 14)  // kMaxImageSide
#include "stb_image.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

static_assert(kMaxImageSide == STBI_MAX_DIMENSIONS);
constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{1} << 30;  // stb_image counts bytes in int

DataError image_error(const fs::path& file, const std::string& reason) {
    return DataError(fmt::format("[image] {}: {}", file.string(), reason));
}

std::string decoder_reason() {
    const char* reason = stbi_failure_reason();
    return fmt::format("expected a PNG or JPEG image, came something that cannot be decoded ({})",
                       reason ? reason : "no reason given");
}

void check_size(const fs::path& file, std::int64_t width, std::int64_t height) {
    if (width < 1 || height < 1 || width > kMaxImageSide || height > kMaxImagePixels / width) {
        throw image_error(file, fmt::format("expected at most {} pixels a side and {} in all, the header says {} x {}",
                                            kMaxImageSide, kMaxImagePixels, height, width));
    }
}

/// Throws unless all chunks of a PNG stream, to its end, agree with their checksums. stb_image ignores checksums, and
/// would take damaged pixels for an image.
void check_png_chunks(const fs::path& file, std::span<const unsigned char> bytes) {
    constexpr std::size_t kSignature = 8,
                          kAround = 12;  // a chunk's length and type before its data, its checksum behind
    const auto number = [&](std::size_t at) {
        return std::size_t{bytes[at]} << 24 | std::size_t{bytes[at + 1]} << 16 | std::size_t{bytes[at + 2]} << 8 |
               bytes[at + 3];
    };
    for (std::size_t at = kSignature; at + kAround <= bytes.size();) {
        const std::size_t length = number(at);
        if (length > bytes.size() - at - kAround) break;
        const std::string_view type(reinterpret_cast<const char*>(&bytes[at + 4]), 4);
        if (::crc32_z(0, &bytes[at + 4], 4 + length) != number(at + 8 + length)) {
            throw image_error(
                file,
                fmt::format("expected a PNG image, the checksum of its chunk at byte {} is wrong: it is damaged", at));
        }
        if (type == "IEND") return;
        at += kAround + length;
    }
    throw image_error(file, "expected the end chunk of a PNG image, the file is cut off before its end");
}

/// Whether a JPEG stream reaches its end marker. Some versions of stb_image fill missing parts with grey and report
/// nothing.
bool jpeg_is_whole(std::span<const unsigned char> bytes) {
    // FF 00 is a byte of data, FF D0 to FF D7 are restarts, FF 01 and FF D8 stand alone, and FF may be repeated before
    // a marker. All other markers but the end begin a segment of known length, which may hold anything.
    const auto begins_segment = [](unsigned char marker) {
        return marker > 0x01 && marker != 0xFF && (marker < 0xD0 || marker > 0xD8);
    };
    for (std::size_t at = 0; at + 1 < bytes.size();) {
        if (bytes[at] != 0xFF || !begins_segment(bytes[at + 1])) {
            ++at;
        } else if (bytes[at + 1] == 0xD9) {
            return true;
        } else if (at + 3 < bytes.size()) {
            at += 2 + (std::size_t{bytes[at + 2]} << 8 | bytes[at + 3]);
        } else {
            return false;
        }
    }
    return false;
}

}  // namespace

bool has_image_name(const fs::path& file) {
    std::string extension = file.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

ImageInfo read_image_info(const fs::path& file) {
    int width = 0, height = 0, channels = 0;
    if (!stbi_info(file.c_str(), &width, &height, &channels)) throw image_error(file, decoder_reason());
    check_size(file, width, height);
    return {height, width, channels < 3 ? 1 : 3};
}

Picture read_image(const fs::path& file) {
    std::error_code error;
    if (const std::uintmax_t size = fs::file_size(file, error); !error && size > kMaxFileBytes)
        throw image_error(file, fmt::format("expected at most {} bytes, came {}", kMaxFileBytes, size));
    const std::vector<std::byte> bytes = read_whole_file(file);
    const auto* data = reinterpret_cast<const stbi_uc*>(bytes.data());
    const int size = static_cast<int>(bytes.size());
    int width = 0, height = 0, channels = 0;
    if (!stbi_info_from_memory(data, size, &width, &height, &channels)) throw image_error(file, decoder_reason());
    check_size(file, width, height);
    if (data[0] == 0x89) check_png_chunks(file, {data, bytes.size()});
    if (data[0] == 0xFF && !jpeg_is_whole({data, bytes.size()}))
        throw image_error(file, "expected the end marker of a JPEG image, the file is cut off before it");

    const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
        stbi_load_from_memory(data, size, &width, &height, &channels, 0), stbi_image_free);
    if (!pixels) throw image_error(file, decoder_reason());
    Picture picture{height, width, channels < 3 ? 1 : 3, {}};
    picture.pixels.resize(static_cast<std::size_t>(picture.height * picture.width * picture.channels));
    convert_channels(pixels.get(), channels, picture.pixels.data(), picture.channels, picture.height * picture.width);
    return picture;
}

}  // namespace sinter
