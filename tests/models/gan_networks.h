// A GAN and its sources of random numbers, as the tests of GANs need them.
#pragma once

#include "core/ops/random.h"
#include "models/gan.h"

namespace sinter::testing_models {

struct GanNetworks {
    explicit GanNetworks(const GanOptions& options, std::uint64_t seed = 1, Device device = Device::cpu())
        : init(seed, device, draws::kInitialisation), noise(seed, device), gan(options, init, noise) {}

    Tensor codes(Index batch) { return random_normal({batch, gan.options().latent}, 0, 1, noise); }

    Generator init, noise;
    Gan gan;
};

}  // namespace sinter::testing_models
