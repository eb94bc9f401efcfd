// Reading PNG by libspng.
#pragma once

#include <optional>

#include "core/pictures/decoders/raw_image.h"

namespace sinter {

std::string png_version();
bool is_png(FileContent content);

/// Nothing where the content ends before the pixels begin. Throws DecodeError where it is none.
std::optional<RawHeader> png_header(FileContent content);

/// 8 bits for depths up to 8, palettes in their colours; 16 bits for 16. A transparent colour becomes opacity. The
/// orientation is that of an eXIf chunk before the pixels. Throws DecodeError for what is damaged, by the checksums of
/// all chunks, or cut off before its end chunk.
RawImage decode_png(FileContent content);

}  // namespace sinter
