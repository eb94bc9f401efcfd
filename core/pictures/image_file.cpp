// Image files by the libraries of decoders/, and what makes a picture of 8 bits of their pixels.
#include "core/pictures/image_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/files/files.h"
#include "core/names.h"
#include "core/pictures/decoders/jpeg.h"
#include "core/pictures/decoders/png.h"
#include "core/pictures/decoders/webp.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeadBytes = std::size_t{256} << 10;  // in which nearly every header ends
constexpr std::size_t kMaxFileBytes = std::size_t{256} << 20;

struct Decoder {
    const char* format;
    std::array<std::string_view, 2> endings;
    bool (*knows)(FileContent content);
    std::optional<RawHeader> (*header)(FileContent content);
    RawImage (*decode)(FileContent content);
};
constexpr Decoder kDecoders[] = {{"PNG", {".png"}, is_png, png_header, decode_png},
                                 {"JPEG", {".jpg", ".jpeg"}, is_jpeg, jpeg_header, decode_jpeg},
                                 {"WebP", {".webp"}, is_webp, webp_header, decode_webp}};

constexpr const char* kCutOff = "expected a whole image, the file is cut off before the end of its header";

ImageError image_error(const fs::path& file, const std::string& reason) {
    return ImageError(fmt::format("[image] {}: {}", file.string(), reason));
}

/// A file of a known format, or the first bytes of one.
struct Opened {
    std::vector<std::byte> bytes;
    const Decoder* decoder = nullptr;

    FileContent content() const { return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}; }
};

Opened open(const fs::path& file, std::size_t most) {
    Opened opened{read_file(file, most), nullptr};
    opened.decoder = std::find_if(std::begin(kDecoders), std::end(kDecoders),
                                  [&](const Decoder& decoder) { return decoder.knows(opened.content()); });
    if (opened.decoder == std::end(kDecoders))
        throw image_error(file, fmt::format("expected a {} image, came something else", image_formats()));
    return opened;
}

/// Calls `decode`; what it finds wrong is told with the file.
template <class Decode>
auto decoded(const fs::path& file, const Decode& decode) {
    try {
        return decode();
    } catch (const DecodeError& error) {
        throw image_error(file,
                          fmt::format("expected a sound image, came one that cannot be decoded: {}", error.what()));
    }
}

void check_size(const fs::path& file, const RawHeader& header) {
    const auto [height, width] = std::pair(header.height, header.width);
    if (width < 1 || height < 1 || width > kMaxImageSide || height > kMaxImagePixels / width) {
        throw image_error(file, fmt::format("expected at most {} pixels a side and {} in all, the header says {} x {}",
                                            kMaxImageSide, kMaxImagePixels, width, height));
    }
}

/// The header of a file whose size is allowed; nothing where it does not end in these bytes.
std::optional<RawHeader> checked_header(const fs::path& file, const Opened& opened) {
    const std::optional<RawHeader> header = decoded(file, [&] { return opened.decoder->header(opened.content()); });
    if (header) check_size(file, *header);
    return header;
}

RawImage read_raw(const fs::path& file) {
    const Opened opened = open(file, kMaxFileBytes + 1);
    if (opened.bytes.size() > kMaxFileBytes)
        throw image_error(file, fmt::format("expected at most {} bytes, came more", kMaxFileBytes));
    if (!checked_header(file, opened)) throw image_error(file, kCutOff);
    return decoded(file, [&] { return opened.decoder->decode(opened.content()); });
}

bool turns_sides(int orientation) { return orientation >= 5; }

std::uint16_t wide_number(const RawImage& image, std::int64_t i) {
    std::uint16_t number = 0;
    std::memcpy(&number, image.bytes.data() + 2 * i, 2);
    return number;
}

/// Brings 16 bits to 8: 0 to `range` becomes 0 to 255, opacity always from the whole range.
void narrow(RawImage& image, int range) {
    const bool has_opacity = image.channels % 2 == 0;
    for (std::int64_t i = 0; i < image.numbers(); ++i) {
        const bool is_opacity = has_opacity && i % image.channels == image.channels - 1;
        const int most = is_opacity ? kWholeRange : range, number = std::min<int>(wide_number(image, i), most);
        image.bytes[static_cast<std::size_t>(i)] =
            static_cast<std::uint8_t>((2 * 255 * std::int64_t{number} + most) / (2 * most));
    }
    image.bytes.resize(static_cast<std::size_t>(image.numbers()));
    image.bits = 8;
}

/// Drops the opacity. A grey image on a background of colour becomes one of colour.
void lay_on(RawImage& image, const Colour& background) {
    const std::uint8_t behind[] = {background.red, background.green, background.blue};
    const int from_channels = image.channels, colours = from_channels == 2 && background.is_grey() ? 1 : 3;
    const std::int64_t pixels = image.height * image.width;
    std::vector<std::uint8_t> laid(static_cast<std::size_t>(pixels * colours));
    for (std::int64_t i = 0; i < pixels; ++i) {
        const std::uint8_t* const pixel = image.bytes.data() + i * from_channels;
        const int opacity = pixel[from_channels - 1];
        for (int c = 0; c < colours; ++c) {
            const int value = pixel[from_channels == 2 ? 0 : c], below = behind[c];
            laid[static_cast<std::size_t>(i * colours + c)] =
                static_cast<std::uint8_t>((value * opacity + below * (255 - opacity) + 127) / 255);
        }
    }
    image.bytes = std::move(laid);
    image.channels = colours;
}

/// The image as it is seen upright.
Picture upright(RawImage image) {
    const std::int64_t height = image.height, width = image.width, channels = image.channels;
    Picture picture{height, width, channels, {}};
    if (image.orientation == 1) {
        picture.pixels = std::move(image.bytes);
        return picture;
    }
    if (turns_sides(image.orientation)) std::swap(picture.height, picture.width);
    picture.pixels.resize(image.bytes.size());
    // Which pixel of the file row y and column x of the upright image shows.
    const auto source = [&](std::int64_t y, std::int64_t x) -> std::pair<std::int64_t, std::int64_t> {
        switch (image.orientation) {
            case 2:
                return {y, width - 1 - x};
            case 3:
                return {height - 1 - y, width - 1 - x};
            case 4:
                return {height - 1 - y, x};
            case 5:
                return {x, y};
            case 6:
                return {height - 1 - x, y};
            case 7:
                return {height - 1 - x, width - 1 - y};
            default:
                return {x, width - 1 - y};
        }
    };
    std::uint8_t* to = picture.pixels.data();
    for (std::int64_t y = 0; y < picture.height; ++y) {
        for (std::int64_t x = 0; x < picture.width; ++x, to += channels) {
            const auto [row, column] = source(y, x);
            std::copy_n(image.bytes.data() + (row * width + column) * channels, channels, to);
        }
    }
    return picture;
}

}  // namespace

std::string ending_of(const fs::path& file) {
    std::string ending = file.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return ending;
}

std::string decoder_versions() { return jpeg_version() + ", " + png_version() + ", " + webp_version(); }

std::string image_formats() {
    std::vector<std::string> formats;
    for (const Decoder& decoder : kDecoders) formats.emplace_back(decoder.format);
    return either(formats);
}

std::string image_endings() {
    std::string endings;
    for (const Decoder& decoder : kDecoders)
        for (const std::string_view ending : decoder.endings)
            if (!ending.empty()) endings += fmt::format("{}{}", endings.empty() ? "" : ", ", ending);
    return endings;
}

bool has_image_name(const fs::path& file) {
    const std::string ending = ending_of(file);
    return !ending.empty() && std::any_of(std::begin(kDecoders), std::end(kDecoders), [&](const Decoder& decoder) {
        return std::find(decoder.endings.begin(), decoder.endings.end(), ending) != decoder.endings.end();
    });
}

ImageInfo read_image_info(const fs::path& file) {
    std::optional<RawHeader> header = checked_header(file, open(file, kHeadBytes));
    if (!header) header = checked_header(file, open(file, kMaxFileBytes));
    if (!header) throw image_error(file, kCutOff);
    ImageInfo info{header->height, header->width, header->channels < 3 ? 1 : 3, header->bits};
    if (turns_sides(header->orientation)) std::swap(info.height, info.width);
    return info;
}

Picture read_image(const fs::path& file, const ReadingOptions& options) {
    RawImage image = read_raw(file);
    if (image.bits == 16) narrow(image, options.range);
    if (image.channels % 2 == 0) lay_on(image, options.background);
    return upright(std::move(image));
}

int largest_number(const fs::path& file) {
    const RawImage image = read_raw(file);
    if (image.bits != 16) return 0;
    const bool has_opacity = image.channels % 2 == 0;
    int largest = 0;
    for (std::int64_t i = 0; i < image.numbers(); ++i)
        if (!has_opacity || i % image.channels != image.channels - 1)
            largest = std::max<int>(largest, wide_number(image, i));
    return largest;
}

}  // namespace sinter
