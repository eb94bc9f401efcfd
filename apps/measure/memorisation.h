// Whether a model draws its training images again: how near images come to training images, beside how near new real
// ones come to them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/measure/comparison.h"
#include "core/statistics/neighbours.h"

namespace sinter {

struct Memorisation {
    /// The nearest training image of each, in the judge's features. `real` are images that were not trained on: those
    /// of the yardstick where the real ones are the training images.
    std::vector<Neighbour> of_images, of_real;
    Measured distance, real_distance;  ///< mean distances: "nearest_training"
    Measured copies;                   ///< share of images nearer than 99 % of the real ones: "copies"
    Measured exact_copies;             ///< share of those that are equal to one: "exact_copies"
};

/// Throws as Judge::respond_to() does.
Memorisation find_memorisation(Comparison& comparison, Device device);

/// Draws the images that lie nearest to training images, each above that training image.
void draw_neighbours(const std::filesystem::path& file, const Comparison& comparison, const Memorisation& found);

}  // namespace sinter
