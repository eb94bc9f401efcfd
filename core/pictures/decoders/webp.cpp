// https://developers.google.com/speed/webp/docs/riff_container: chunks of four letters, a length, and data that is
// padded to an even number of bytes. EXIF comes after the pixels.
#include "core/pictures/decoders/webp.h"

#include <webp/decode.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "core/pictures/decoders/exif.h"

namespace sinter {
namespace {

constexpr std::size_t kRiffHeader = 12, kChunkHeader = 8, kFlags = kRiffHeader + kChunkHeader;
constexpr std::uint8_t kHasExif = 0x08;

bool has_letters(FileContent content, std::size_t at, std::string_view letters) {
    return at + letters.size() <= content.size() &&
           std::equal(letters.begin(), letters.end(), content.begin() + static_cast<std::ptrdiff_t>(at));
}

std::size_t number(FileContent content, std::size_t at) {
    std::size_t value = 0;
    for (std::size_t i = 0; i < 4 && at + i < content.size(); ++i)
        value |= static_cast<std::size_t>(content[at + i]) << 8 * i;
    return value;
}

bool has_exif(FileContent content) {
    return has_letters(content, kRiffHeader, "VP8X") && content.size() > kFlags && (content[kFlags] & kHasExif) != 0;
}

int orientation_of(FileContent content) {
    if (!has_exif(content)) return 1;
    for (std::size_t at = kRiffHeader; at + kChunkHeader <= content.size();) {
        const std::size_t length = std::min(number(content, at + 4), content.size() - at - kChunkHeader);
        if (has_letters(content, at, "EXIF")) {
            FileContent block = content.subspan(at + kChunkHeader, length);
            constexpr std::string_view kPrefix("Exif\0\0", 6);  // some programs keep that of JPEG
            if (has_letters(block, 0, kPrefix)) block = block.subspan(kPrefix.size());
            return exif_orientation(block);
        }
        at += kChunkHeader + length + length % 2;
    }
    return 1;
}

}  // namespace

std::string webp_version() { return "webp " + std::to_string(WebPGetDecoderVersion()); }

bool is_webp(FileContent content) { return has_letters(content, 0, "RIFF") && has_letters(content, 8, "WEBP"); }

std::optional<RawHeader> webp_header(FileContent content) {
    WebPBitstreamFeatures features = {};
    const VP8StatusCode status = WebPGetFeatures(content.data(), content.size(), &features);
    if (status == VP8_STATUS_NOT_ENOUGH_DATA) return std::nullopt;
    if (status != VP8_STATUS_OK) throw DecodeError("no valid header of a WebP image");
    if (features.has_animation) throw DecodeError("an animation, where a single image was expected");
    if (has_exif(content) && content.size() < 8 + number(content, 4)) return std::nullopt;
    RawHeader header;
    header.height = features.height;
    header.width = features.width;
    header.channels = features.has_alpha ? 4 : 3;
    header.orientation = orientation_of(content);
    return header;
}

RawImage decode_webp(FileContent content) {
    const std::optional<RawHeader> header = webp_header(content);
    if (!header) throw DecodeError("the file is cut off before its end");
    RawImage image{*header, {}};
    image.bytes.resize(static_cast<std::size_t>(image.numbers()));
    const auto decode = image.channels == 4 ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
    if (!decode(content.data(), content.size(), image.bytes.data(), image.bytes.size(),
                static_cast<int>(image.width * image.channels)))
        throw DecodeError("damaged, or cut off before its end");
    return image;
}

}  // namespace sinter
