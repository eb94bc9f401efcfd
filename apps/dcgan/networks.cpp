#include "apps/dcgan/networks.h"

#include "apps/dcgan/pictures.h"

namespace sinter {

DrawingGan::DrawingGan(Gan& trained, bool is_averaged, const ParameterArena* arena)
    : trained_(trained), unused_(0, trained.generator().device()) {
    if (!is_averaged) return;
    copy_.emplace(trained.options(), unused_, unused_);
    if (arena) average_.emplace(copy_->generator(), trained.generator(), *arena);
}

void DrawingGan::settle(std::uint64_t seed) {
    if (copy_) estimate_generator_statistics(*copy_, seed);
}

std::vector<CheckpointPart> checkpoint_parts(Gan& gan, DrawingGan& drawing, GanOptimizers optimizers) {
    std::vector<CheckpointPart> parts = {{"generator.", &gan.generator(), optimizers.generator},
                                         {"discriminator.", &gan.discriminator(), optimizers.discriminator}};
    if (drawing.averaged_generator()) parts.push_back({"average.", drawing.averaged_generator(), nullptr});
    return parts;
}

}  // namespace sinter
