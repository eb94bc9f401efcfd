// What the pictures of all training programs have in common.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "core/data/image_set.h"
#include "core/pictures/png.h"
#include "core/tensor.h"

namespace sinter {

/// How a picture of images in `columns` columns is laid out: small images are magnified.
GridLayout picture_layout(Index count, Index height, Index width, Index channels, Index columns);

/// `count` images of a set, or all where there are fewer: of each class in turn its next one. Without labels, the
/// first.
std::vector<Index> spread_over_classes(const ImageSet& images, Index count);

/// Images [first, first + count) of a set as values in [0, 1], NHWC. Throws DataError where they cannot be read.
std::vector<float> read_pixels(const ImageSet& images, Index first, Index count);

/// The images of a set with these numbers, in the form that read_pixels() has: [count, height, width, channels].
Tensor images_of(const ImageSet& images, std::span<const Index> chosen, Device device);
/// Their labels.
std::vector<std::int32_t> labels_of(const ImageSet& images, std::span<const Index> chosen);

/// Writes rows of images, each with the row of what a model made of them below it, `columns` a row.
void write_reconstructions(const std::filesystem::path& path, const Tensor& originals, const Tensor& rebuilt,
                           Index columns);

/// Pictures of reconstructions: so many rows of so many images.
inline constexpr Index kReconstructionColumns = 10, kReconstructionRows = 4;

/// Pictures of interpolations: so many walks, of so many images each.
inline constexpr Index kInterpolationRows = 8, kInterpolationColumns = 12;

}  // namespace sinter
