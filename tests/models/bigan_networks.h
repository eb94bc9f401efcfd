// A bidirectional GAN, its sources of random numbers and its training, as the tests of them need it.
#pragma once

#include "core/ops/random.h"
#include "models/hybrids/bigan_training.h"

namespace sinter::tests {

struct BiGanRun {
    explicit BiGanRun(const BiGanOptions& options, const AdamOptions& adam = {.beta1 = 0.5}, std::uint64_t seed = 1,
                      Device device = Device::cpu())
        : init(seed, device, draws::kInitialisation),
          noise(seed, device),
          images(seed + 1, device),
          bigan(options, init, noise),
          pair(bigan.generator_and_encoder(), adam),
          discriminator(bigan.discriminator(), adam),
          training(bigan, pair, discriminator, noise) {}

    /// Goes to step `number`, of which both sources then draw.
    void start_step(std::int64_t number) {
        noise.start_step(static_cast<std::uint64_t>(number));
        images.start_step(static_cast<std::uint64_t>(number));
    }
    Tensor random_images(Index batch) {
        const BiGanOptions& options = bigan.options();
        return random_uniform({batch, options.size, options.size, options.channels}, 0, 1, images);
    }

    /// The next step, on random images.
    StepNumbers step(Index batch, const BiGanTraining::Rates& rates = {2e-3, 2e-3}) {
        start_step(pair.steps() + 1);
        training.prepare(rates);
        return training.pass(random_images(batch));
    }

    /// All parameters, gaps included.
    std::vector<float> parameters() const {
        std::vector<float> all = pair.arena().values().to_floats();
        const std::vector<float> others = discriminator.arena().values().to_floats();
        all.insert(all.end(), others.begin(), others.end());
        return all;
    }

    Generator init, noise, images;
    BiGan bigan;
    Adam pair, discriminator;
    BiGanTraining training;
};

}  // namespace sinter::tests
