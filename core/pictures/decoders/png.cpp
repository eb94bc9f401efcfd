#include "core/pictures/decoders/png.h"

#include <spng.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>

#include "core/pictures/decoders/exif.h"

namespace sinter {
namespace {

constexpr std::size_t kMaxChunkBytes = std::size_t{16} << 20;  // of text, profiles and the like

struct Free {
    void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Context = std::unique_ptr<spng_ctx, Free>;

void check(int status) {
    if (status != SPNG_OK) throw DecodeError(spng_strerror(status));
}

Context open(FileContent content) {
    Context context(spng_ctx_new(0));
    if (!context) throw DecodeError("no memory for a decoder");
    check(spng_set_crc_action(context.get(), SPNG_CRC_ERROR, SPNG_CRC_ERROR));
    check(spng_set_chunk_limits(context.get(), kMaxChunkBytes, kMaxChunkBytes));
    check(spng_set_png_buffer(context.get(), content.data(), content.size()));
    return context;
}

/// A header, and how its pixels are asked for.
struct Form {
    RawHeader header;
    int format = 0, flags = 0;
};

/// Reads all that comes before the pixels.
Form form_of(spng_ctx* context) {
    spng_ihdr ihdr = {};
    check(spng_get_ihdr(context, &ihdr));
    spng_exif exif = {};
    const int has_exif = spng_get_exif(context, &exif);
    if (has_exif != SPNG_ECHUNKAVAIL) check(has_exif);
    spng_trns trns = {};
    const bool is_transparent = spng_get_trns(context, &trns) == SPNG_OK;

    const bool is_wide = ihdr.bit_depth == 16;
    Form form;
    form.header.height = ihdr.height;
    form.header.width = ihdr.width;
    form.header.bits = is_wide ? 16 : 8;
    if (has_exif == SPNG_OK)
        form.header.orientation = exif_orientation({reinterpret_cast<const std::uint8_t*>(exif.data), exif.length});
    const auto take = [&](int channels, int format, bool transparent = false) {
        form.header.channels = channels;
        form.format = format;
        form.flags = transparent ? SPNG_DECODE_TRNS : 0;
    };
    switch (ihdr.color_type) {
        case SPNG_COLOR_TYPE_GRAYSCALE:
            if (is_transparent)
                take(2, is_wide ? SPNG_FMT_GA16 : SPNG_FMT_GA8, true);
            else
                take(1, is_wide ? SPNG_FMT_PNG : SPNG_FMT_G8);
            break;
        case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
            take(2, SPNG_FMT_PNG);
            break;
        case SPNG_COLOR_TYPE_TRUECOLOR:
            if (is_transparent)
                take(4, is_wide ? SPNG_FMT_RGBA16 : SPNG_FMT_RGBA8, true);
            else
                take(3, SPNG_FMT_PNG);
            break;
        case SPNG_COLOR_TYPE_INDEXED:
            if (is_transparent)
                take(4, SPNG_FMT_RGBA8, true);
            else
                take(3, SPNG_FMT_RGB8);
            break;
        default:
            take(4, SPNG_FMT_PNG);
    }
    return form;
}

}  // namespace

std::string png_version() { return std::string("spng ") + spng_version_string(); }

bool is_png(FileContent content) {
    constexpr std::uint8_t kSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    return content.size() >= std::size(kSignature) &&
           std::equal(std::begin(kSignature), std::end(kSignature), content.begin());
}

std::optional<RawHeader> png_header(FileContent content) {
    const Context context = open(content);
    spng_ihdr ihdr = {};
    const int status = spng_get_ihdr(context.get(), &ihdr);
    spng_exif exif = {};
    if (status == SPNG_IO_EOF || spng_get_exif(context.get(), &exif) == SPNG_IO_EOF) return std::nullopt;
    return form_of(context.get()).header;
}

RawImage decode_png(FileContent content) {
    const Context context = open(content);
    const Form form = form_of(context.get());
    RawImage image{form.header, {}};
    std::size_t size = 0;
    check(spng_decoded_image_size(context.get(), form.format, &size));
    image.bytes.resize(size);
    check(spng_decode_image(context.get(), image.bytes.data(), size, form.format, form.flags));
    check(spng_decode_chunks(context.get()));
    return image;
}

}  // namespace sinter
