// Parts of image sets, and sets put together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/image_set.h"

namespace sinter {

/// The places of the first `count` images of each class, in an order of the set that `seed` fixes; sorted. A class that
/// has no images at all stays without. Throws DataError where the set has no labels, or less images of a class.
std::vector<std::int64_t> choose_of_each_class(const ImageSet& images, std::int64_t count, std::uint64_t seed);

/// The images at these places, in memory, with their labels, in this order.
ImageSet images_at(const ImageSet& images, std::span<const std::int64_t> places);

/// Puts the images of `more` behind those of `images`, which then is in memory. Both have one size, and labels of the
/// same classes.
void append_images(ImageSet& images, const ImageSet& more);

}  // namespace sinter
