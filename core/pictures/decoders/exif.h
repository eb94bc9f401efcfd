// The orientation of a photo, which cameras keep in its EXIF block.
#pragma once

#include "core/pictures/decoders/raw_image.h"

namespace sinter {

/// The orientation, 1 to 8, from a block that begins with the header of a TIFF file (EXIF 2.32, tag 0x0112); 1 where
/// there is none, or where the block makes no sense.
int exif_orientation(FileContent block);

}  // namespace sinter
