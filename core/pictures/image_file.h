// Reads PNG, JPEG and WebP files. It trusts none of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/error.h"
#include "core/pictures/picture.h"

namespace sinter {

/// The largest image that is read: its pixels on a side, and in all.
inline constexpr std::int64_t kMaxImageSide = std::int64_t{1} << 14, kMaxImagePixels = std::int64_t{1} << 26;

/// The largest number of 16 bits.
inline constexpr int kWholeRange = 65535;

/// A file that is no image that can be read, whenever it is tried. What may pass, such as a disk that fails or memory
/// that lacks, is another error.
struct ImageError : DataError {
    using DataError::DataError;
};

/// What the header of an image file says. Sizes are those of the upright image.
struct ImageInfo {
    std::int64_t height = 0, width = 0;
    std::int64_t channels = 0;  ///< 1 (grey) or 3 (colour), opacity not counted
    int bits = 8;               ///< of a channel: 8 or 16
};

/// How pixels are taken from a file.
struct ReadingOptions {
    Colour background = kWhite;  ///< what shows through transparent pixels
    int range = kWholeRange;     ///< the number of 16 bits that becomes 255; larger ones do too
};

/// What is read, for sentences: "PNG, JPEG or WebP", and ".png, .jpg, .jpeg, .webp".
std::string image_formats();
std::string image_endings();

/// Whether the name ends like that of an image that can be read, in capitals or not.
bool has_image_name(const std::filesystem::path& file);

/// The ending of a name in small letters, with its dot; empty where there is none.
std::string ending_of(const std::filesystem::path& file);

/// Which decoders these are: others may round in another way.
std::string decoder_versions();

/// Reads as little of a file as needed. Throws ImageError where it is not an image or too large (see read_image).
ImageInfo read_image_info(const std::filesystem::path& file);

/// Decodes a PNG, JPEG or WebP file, recognised by its content, to 8 bits a channel, and turns it upright as its EXIF
/// block says. An image with opacity is laid on the background.
///
/// Throws ImageError, with the file and the reason, where it is no such image, is damaged or cut off, or is larger than
/// kMaxImageSide and kMaxImagePixels or 256 MiB; DataError where it cannot be read. The checksums of a PNG file cover
/// all of it.
Picture read_image(const std::filesystem::path& file, const ReadingOptions& options = {});

/// The largest number in a file of 16 bits, opacity not counted; 0 for one of 8 bits. Throws as read_image.
int largest_number(const std::filesystem::path& file);

}  // namespace sinter
