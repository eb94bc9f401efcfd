// Black-and-white images from grey ones, which published likelihoods of VAEs are about; and what grey ones cost
// instead.
#pragma once

#include <cstdint>
#include <string>

#include "core/data/image_set.h"
#include "core/names.h"
#include "core/options/facts.h"

namespace sinter {

/// How pixels become 0 or 1.
enum class Binarisation {
    none,      ///< they stay grey
    dynamic,   ///< training images: 1 with the probability grey / 255, drawn anew in every step; test images: as fixed
    fixed,     ///< the same, drawn once and for ever
    threshold  ///< 1 from grey 128 on
};
inline constexpr Named<Binarisation> kBinarisations[] = {
    {"none", Binarisation::none, "they stay grey"},
    {"dynamic", Binarisation::dynamic, "drawn by their grey in every step"},
    {"static", Binarisation::fixed, "drawn once"},
    {"threshold", Binarisation::threshold, "from grey 128 on"}};

/// The seed of what is drawn once, whatever the seed of a run: the set is the same in all runs and on all machines.
inline constexpr std::uint64_t kBinarisationSeed = 20111;

/// Binarises the images that do not change during a run, in place, to 0 and 255: test images for all but `none`,
/// training images for `fixed` and `threshold`. What is binary already stays as it is. A pixel that is drawn depends on
/// kBinarisationSeed, on the split, and on the numbers of image and pixel alone. Throws DataError where the pixels stay
/// in a file.
void binarise(DataSplits& data, Binarisation how);

/// What the pixels are then, for protocols: "each pixel drawn by its grey, test images once (one seeded draw, not the
/// published set)". `test`: the test images before binarise().
std::string describe(Binarisation how, const ImageSet& test);

/// The binarisation of the run that wrote the checkpoint: the fact "--binarize", without which it is none. Throws
/// DataError where the fact is no such word.
Binarisation binarisation_of(const CheckpointFacts& facts, const std::string& file);

/// Whether all pixels are 0 or 255.
bool is_binary(const ImageSet& images);

/// The mean over the first `count` images (0: all) of the sum of the binary entropies of their pixels, in nats: no
/// model has a smaller cross-entropy on them. 45.53 for the 10,000 test images of MNIST.
double grey_floor(const ImageSet& images, std::int64_t count = 0);

}  // namespace sinter
