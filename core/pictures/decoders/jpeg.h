// JPEG by libjpeg-turbo, or another library with libjpeg's interface.
#pragma once

#include <optional>

#include "core/pictures/decoders/raw_image.h"

namespace sinter {

std::string jpeg_version();
bool is_jpeg(FileContent content);

/// Nothing where the content ends before the header does. Throws DecodeError where it is none.
std::optional<RawHeader> jpeg_header(FileContent content);

/// Grey or colour, 8 bits. CMYK and YCCK are taken as Adobe writes them, inverted, and become colour without a profile.
/// Throws DecodeError for what is damaged, cut off before its end marker, or has more than 500 scans.
RawImage decode_jpeg(FileContent content);

}  // namespace sinter
