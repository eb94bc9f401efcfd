// Running statistics of a network that takes images, from the images of a set.
#pragma once

#include <functional>

#include "core/data/loader.h"
#include "core/nn/module.h"

namespace sinter {

/// Gives the batch normalisations of `module` the statistics of `passes` batches, the first of epoch 0 and as many of
/// the next ones as that takes; forward(images) passes one through. See estimate_statistics() in
/// core/nn/batch_statistics.h.
void estimate_image_statistics(Module& module, Loader& batches, int passes,
                               const std::function<void(const Tensor& images)>& forward);

}  // namespace sinter
