// A VAE-GAN, its sources of random numbers and its training, as the tests of its steps need them.
#pragma once

#include "core/ops/random.h"
#include "models/hybrids/vae_gan_training.h"
#include "tests/models/gan_networks.h"

namespace sinter::tests {

struct VaeGanRun {
    VaeGanRun(const VaeGanOptions& options, const VaeGanTrainingOptions& how, const AdamOptions& adam = {.beta1 = 0.5},
              std::uint64_t seed = 1, Device device = Device::cpu())
        : init(seed, device, draws::kInitialisation),
          noise(seed, device),
          images(seed - 1, device),
          model(options, init),
          encoder(model.encoder(), adam),
          generator(model.gan().generator(), adam),
          discriminator(model.gan().discriminator(), adam),
          training(model, {&encoder, &generator, &discriminator}, noise, how) {}

    /// The random images and labels of a step.
    Tensor real(Index batch) {
        const GanOptions& networks = model.gan().options();
        return random_uniform({batch, networks.size, networks.size, networks.channels}, -1, 1, images);
    }
    void start_step(std::int64_t number) {
        noise.start_step(static_cast<std::uint64_t>(number));
        images.start_step(static_cast<std::uint64_t>(number));
    }
    /// The next step, on random images.
    StepNumbers step(Index batch, double rate = 2e-3, const Buffer<std::int32_t>& labels = {}) {
        start_step(encoder.steps() + 1);
        training.prepare({rate, rate, rate});
        return training.pass(real(batch), labels);
    }

    Generator init, noise, images;
    VaeGan model;
    Adam encoder, generator, discriminator;
    VaeGanTraining training;
};

}  // namespace sinter::tests
