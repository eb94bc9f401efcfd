// The embedded default data set: procedural handwritten digits, the same bytes on every machine.
#pragma once

#include <cstdint>

#include "core/data/image_set.h"

namespace sinter {

inline constexpr std::int64_t kTrainDigits = 60000, kTestDigits = 10000;

/// Draws labelled 28 x 28 grey digits in the manner of MNIST: pen strokes on black, some twenty pixels high, centred by
/// their mass, varied in form, slant, width, rotation and pen.
///
/// Image i of a split is the same whatever the counts and the number of threads (0: one per available core). Every ten
/// images that begin at a multiple of ten hold each digit once, so the classes are balanced. Test images come from the
/// same distribution as train images, and none of them is a train image.
DataSplits make_digits(std::int64_t train_count = kTrainDigits, std::int64_t test_count = kTestDigits, int threads = 0);

}  // namespace sinter
