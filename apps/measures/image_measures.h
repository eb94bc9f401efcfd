// How near a set of images comes to another one, usually a model's images to real ones: the measures of the field, each
// by its published protocol, with its spread and with what speaks against it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/measures/responses.h"
#include "core/statistics/manifolds.h"

namespace sinter {

/// Who judged, and how much that is worth.
struct JudgeStanding {
    std::string name;           ///< "classifier on mnist, 60000 images"
    bool knows_classes = true;  ///< else there are no measures of classes
    double accuracy = 1;        ///< share of real images not trained on whose task it does right; NaN: untested
    bool knows_these = true;    ///< whether it was trained on data of the same content
};
/// A judge that is right less often has learned too little for its features to mean anything.
inline constexpr double kLeastAccuracy = 0.8;

/// One number.
struct Measured {
    std::string name;           ///< in JSON and metrics.jsonl: "frechet"
    std::string label;          ///< for people: "Frechet distance"
    double value = 0;           ///< NaN where it was left out
    double spread = 0;          ///< NaN where there is none
    std::string spread_name;    ///< what the spread is: "std" of subsets, or standard "error" of the value
    std::string left_out = {};  ///< why, where it was
    std::vector<std::string> warnings = {};
};

struct MeasuringOptions {
    std::uint64_t seed = 1;
    BallSizes neighbours = {};
    bool quick = false;  ///< without what takes seconds: KID of 10 subsets in place of 100
};

inline constexpr Index kKernelSubsetSize = 1000, kScoreParts = 10;
inline Index kernel_subsets(const MeasuringOptions& options) { return options.quick ? 10 : 100; }

/// All measures of `images` against `real`, by features and logits of one judge, on whose device distances are
/// computed. `equal_share`: of the images, that are equal to one before them. Throws UsageError for fewer than two
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
