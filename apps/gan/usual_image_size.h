// The size of images that a GAN is trained on where --size does not say.
#pragma once

#include <cstdint>

#include "models/gan/gan.h"

namespace sinter {

/// The largest size of up to 64 pixels that data of this size reaches; larger ones take a user's patience and word.
Index usual_image_size(GanArchitecture architecture, std::int64_t height, std::int64_t width);

}  // namespace sinter
