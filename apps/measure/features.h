// Features as .npy files: those that somebody else computed, in place of images, and those that the numbers of a
// comparison are computed from.
#pragma once

#include <filesystem>
#include <optional>

#include "apps/measure/comparison.h"
#include "apps/measures/image_measures.h"

namespace sinter {

/// The comparison of --images and --against where both are .npy files of features [count, size], which need no judge;
/// nothing where neither is. Throws DataError where one side alone is, the sizes differ, there are fewer than two
/// vectors, or a number is not finite.
std::optional<Comparison> compare_given_features(const MeasureOptions& options);

/// Writes what the numbers are computed from: the features as FILE.npy and those of the real images as FILE.real.npy,
/// the orders in which both are cut into parts as FILE.order.npy and FILE.real_order.npy, the logits as
/// FILE.logits.npy, and the subsets of KID as FILE.subsets.npy [2, subsets, size].
void save_features(const std::filesystem::path& file, const Comparison& comparison, const MeasuringOptions& options);

}  // namespace sinter
