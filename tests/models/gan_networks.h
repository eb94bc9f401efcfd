// A GAN, its sources of random numbers and its training, as the tests of GANs need them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "core/ops/random.h"
#include "models/gan/gan_training.h"

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

/// A number of a step by its name.
inline double value(const StepNumbers& numbers, std::string_view name) {
    const auto place = std::find(numbers.names.begin(), numbers.names.begin() + numbers.count, name);
    EXPECT_NE(place, numbers.names.begin() + numbers.count) << name;
    return numbers.values.to_doubles()[static_cast<std::size_t>(place - numbers.names.begin())];
}

struct GanRun : GanNetworks {
    GanRun(const GanOptions& options, const GanTrainingOptions& how, const AdamOptions& adam = {.beta1 = 0.5},
           std::uint64_t seed = 1, Device device = Device::cpu())
        : GanNetworks(options, seed, device),
          images(seed + 1, device),
          generator(gan.generator(), adam),
          discriminator(gan.discriminator(), adam),
          training(gan, generator, discriminator, noise, how) {}

    /// The next step, on random images.
    StepNumbers step(Index batch, const GanTraining::Rates& rates = {2e-3, 2e-3}) {
        return repeat(discriminator.steps() + 1, batch, rates);
    }
    /// The same step once more.
    StepNumbers repeat(std::int64_t number, Index batch, const GanTraining::Rates& rates = {2e-3, 2e-3}) {
        noise.start_step(static_cast<std::uint64_t>(number));
        images.start_step(static_cast<std::uint64_t>(number));
        training.prepare(number, rates);
        const GanOptions& options = gan.options();
        return training.pass(random_uniform({batch, options.size, options.size, options.channels}, -1, 1, images),
                             labels(batch));
    }

    Generator images;
    Adam generator, discriminator;
    GanTraining training;
};

}  // namespace sinter::tests
