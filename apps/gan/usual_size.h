// The size of a GAN's images where --size does not say.
#pragma once

#include "models/gan/gan.h"

namespace sinter {

/// The largest size of up to 64 pixels that images of this size reach; larger ones take a user's patience and word.
Index usual_size(GanArchitecture architecture, Index height, Index width);

}  // namespace sinter
