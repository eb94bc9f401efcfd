// What the decoders of image files give: the pixels as the file has them. Each is a library's, which is fuzzed for a
// living; the files beside this one only ask it, and tell in a sentence what it says.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace sinter {

/// The content of an image file, or its first bytes.
using FileContent = std::span<const std::uint8_t>;

/// What the header of an image file says.
struct RawHeader {
    std::int64_t height = 0, width = 0;  ///< before the image is turned by `orientation`
    int channels = 0;                    ///< 1 grey, 2 grey and opacity, 3 colour, 4 colour and opacity
    int bits = 8;                        ///< of a channel: 8 or 16
    int orientation = 1;                 ///< as EXIF counts them, 1 (upright) to 8

    std::int64_t numbers() const { return height * width * channels; }
};

struct RawImage : RawHeader {
    /// Rows from the top, channels interleaved. Of 16 bits, each number is two bytes in the machine's own order.
    std::vector<std::uint8_t> bytes;
};

/// What is wrong with the content of a file, as a clause without its name.
struct DecodeError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace sinter
