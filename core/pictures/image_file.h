// Reads PNG and JPEG files. It trusts none of them.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/pictures/png.h"

namespace sinter {

/// The largest image that is read: its pixels on a side, and in all.
inline constexpr std::int64_t kMaxImageSide = std::int64_t{1} << 14, kMaxImagePixels = std::int64_t{1} << 26;

/// What the header of an image file says.
struct ImageInfo {
    std::int64_t height = 0, width = 0;
    std::int64_t channels = 0;  ///< 1 (grey) or 3 (colour), opacity not counted
};

/// Whether the name ends like that of an image that can be read: .png, .jpg or .jpeg, in capitals or not.
bool has_image_name(const std::filesystem::path& file);

/// Reads as little of a file as needed. Throws DataError where it is not an image or too large (see read_image).
ImageInfo read_image_info(const std::filesystem::path& file);

/// Decodes a PNG or JPEG file, recognised by its content, to 8 bits a channel. Of 16 bits it keeps the upper 8. It lays
/// an image with opacity on white.
///
/// Throws DataError, with the file and the reason, where the file cannot be read, is no such image, is damaged or cut
/// off, or is larger than kMaxImageSide and kMaxImagePixels allow. The checksums of a PNG file cover all of it.
Picture read_image(const std::filesystem::path& file);

}  // namespace sinter
