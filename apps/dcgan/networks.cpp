#include "apps/dcgan/networks.h"

namespace sinter {

std::vector<CheckpointPart> checkpoint_parts(Gan& gan, AveragedGan* averaged, GanOptimizers optimizers) {
    std::vector<CheckpointPart> parts = {{"generator.", &gan.generator(), optimizers.generator},
                                         {"discriminator.", &gan.discriminator(), optimizers.discriminator}};
    if (averaged) parts.push_back({"average.", &averaged->gan.generator(), nullptr});
    return parts;
}

}  // namespace sinter
