// WebP by libwebp.
#pragma once

#include <optional>

#include "core/pictures/decoders/raw_image.h"

namespace sinter {

std::string webp_version();
bool is_webp(FileContent content);

/// Nothing where the content ends before all that it needs. Throws DecodeError where it is none, or an animation.
std::optional<RawHeader> webp_header(FileContent content);

/// Colour with or without opacity, 8 bits. Throws DecodeError for what is damaged or cut off.
RawImage decode_webp(FileContent content);

}  // namespace sinter
