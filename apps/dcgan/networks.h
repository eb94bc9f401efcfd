// The networks of dcgan and how they stand in a checkpoint.
#pragma once

#include <vector>

#include "core/train/checkpoint.h"
#include "models/gan.h"

namespace sinter {

/// A second generator, which holds the moving average of the first.
struct AveragedGan {
    AveragedGan(const GanOptions& options, Device device) : init(0, device), gan(options, init, init) {}

    Generator init;
    Gan gan;
};

/// The optimizers of both networks, where they are wanted.
struct GanOptimizers {
    Optimizer *generator = nullptr, *discriminator = nullptr;
};

/// "generator." and "discriminator.", and "average." where there is a moving average (null where not).
std::vector<CheckpointPart> checkpoint_parts(Gan& gan, AveragedGan* averaged, GanOptimizers optimizers = {});

}  // namespace sinter
