// What a decoder of image files returns: pixels as the file stores them, not yet turned, narrowed or laid on a
// background. Libraries decode; the files beside this one call them and put their errors into words. The orientation is
// found here (exif.h).
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
    int bits = 8;                        ///< of a channel: 8, or 16 with 65535 as the whole range
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
