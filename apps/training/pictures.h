// What the pictures of all training programs have in common.
#pragma once

#include <vector>

#include "core/data/image_set.h"
#include "core/pictures/png.h"
#include "core/shape.h"

namespace sinter {

/// How a picture of images in `columns` columns is laid out: small images are magnified.
GridLayout picture_layout(Index count, Index height, Index width, Index channels, Index columns);

/// `count` images of a set, or all where there are fewer: of each class in turn its next one. Without labels, the
/// first.
std::vector<Index> spread_over_classes(const ImageSet& images, Index count);

/// Images [first, first + count) of a set as values in [0, 1], NHWC. Throws DataError where they cannot be read.
std::vector<float> read_pixels(const ImageSet& images, Index first, Index count);

/// `count` images of a set that spread_over_classes() chooses, or all where there are fewer, as read_pixels() has them.
std::vector<float> read_spread_images(const ImageSet& images, Index count);

/// Rows of `columns` originals, each with the row of what a model makes of them below it. Both are images of
/// `image_size` values each.
std::vector<float> rows_with_rebuilt(const std::vector<float>& originals, const std::vector<float>& rebuilt,
                                     Index image_size, Index columns);

/// A picture of reconstructions has so many test images.
inline constexpr Index kReconstructionColumns = 10, kReconstructionRows = 4;

/// Pictures of interpolations: so many walks, of so many images each.
inline constexpr Index kInterpolationRows = 8, kInterpolationColumns = 12;

}  // namespace sinter
