// How near a set of images comes to another one, usually a model's images to real ones: the measures of the field, each
// by its published protocol, with its spread and with what speaks against it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/measures/judge.h"
#include "apps/measures/measured.h"
#include "core/statistics/manifolds.h"

namespace sinter {

struct MeasuringOptions {
    std::uint64_t seed = 1;
    BallSizes neighbours = {};
    bool quick = false;  ///< without what takes seconds: KID of 10 subsets in place of 100
};

inline constexpr Index kKernelSubsetSize = 1000, kScoreParts = 10;
inline Index kernel_subsets(const MeasuringOptions& options) { return options.quick ? 10 : 100; }

/// What speaks against every measure of these images: a judge that knows little, other images or these real ones by
/// heart; images that are equal; unequal counts.
std::vector<std::string> common_warnings(const Responses& images, const Responses& real, double equal_share,
                                         const JudgeStanding& judge);

/// All measures of `images` against `real`, by features and logits of one judge, on whose device distances are
/// computed. `equal_share`: the share of images that repeat an earlier one. Throws UsageError for fewer than two
/// images on a side.
std::vector<Measured> measure_images(const Responses& images, const Responses& real, double equal_share,
                                     const JudgeStanding& judge, const MeasuringOptions& options, Device device);

/// The share of the images that are equal, pixel for pixel, to one before them.
double share_of_equal_images(const ImageSet& images);
/// The same of features, bit for bit.
double share_of_equal_features(const Responses& responses);

/// The share of each class among the most probable ones of the images.
std::vector<double> class_shares(const Responses& responses);

}  // namespace sinter
