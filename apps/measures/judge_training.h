// Training a judge: the classifier's loop (apps/classifier.cpp) without a run folder.
#pragma once

#include <filesystem>

#include "core/data/image_set.h"
#include "core/device.h"
#include "core/options/facts.h"

namespace sinter {

/// Trains a classifier on labelled `images` and saves it as `file`, with `data` and `more` among its facts. Says what
/// it does and how far it is. The same images give the same judge. `mirrors`: whether images may be mirrored, which
/// those that were turned may not. Throws DivergedError where a loss is not finite.
void train_judge(const ImageSet& images, const DataSplits& data, const CheckpointFacts& more,
                 const std::filesystem::path& file, Device device, bool mirrors, bool show_progress);

}  // namespace sinter
