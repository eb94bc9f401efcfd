// A GAN, its sources of random numbers and its training, as the tests of GANs need them.
#pragma once

#include "core/ops/random.h"
#include "models/gan_training.h"

namespace sinter::tests {

struct GanNetworks {
    explicit GanNetworks(const GanOptions& options, std::uint64_t seed = 1, Device device = Device::cpu())
        : init(seed, device, draws::kInitialisation), noise(seed, device), gan(options, init, noise) {}

    /// Labels 0, 1, 2, ... over and over; none for a GAN without classes.
    Buffer<std::int32_t> labels(Index batch) const {
        const Index classes = gan.options().classes;
        if (classes == 0) return {};
        Buffer<std::int32_t> result(batch, noise.device());
        for (Index i = 0; i < batch; ++i) {
            const std::int32_t label = static_cast<std::int32_t>(i % classes);
            result.upload({&label, 1}, i);
        }
        return result;
    }

    Tensor codes(Index batch) { return random_normal({batch, gan.options().latent}, 0, 1, noise); }

    Generator init, noise;
    Gan gan;
};

struct GanRun : GanNetworks {
    GanRun(const GanOptions& options, const GanTrainingOptions& how, const AdamOptions& adam = {.beta1 = 0.5},
           std::uint64_t seed = 1, Device device = Device::cpu())
        : GanNetworks(options, seed, device),
          images(seed + 1, device),
          generator(gan.generator(), adam),
          discriminator(gan.discriminator(), adam),
          training(gan, generator, discriminator, noise, how) {}

    /// The next step, on random images.
    GanTraining::Losses step(Index batch, const GanTraining::Rates& rates = {2e-3, 2e-3}) {
        const std::uint64_t number = static_cast<std::uint64_t>(discriminator.steps()) + 1;
        noise.start_step(number);
        images.start_step(number);
        const GanOptions& options = gan.options();
        return training.step(random_uniform({batch, options.size, options.size, options.channels}, -1, 1, images),
                             rates, labels(batch));
    }

    Generator images;
    Adam generator, discriminator;
    GanTraining training;
};

}  // namespace sinter::tests
