// The DCGANs: their published sizes, what a training step touches, and that its bits do not depend on threads.
#include "models/dcgan.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/ops/arithmetic.h"
#include "core/ops/random.h"
#include "core/optim/optimizer.h"
#include "core/tape.h"
#include "models/gan_losses.h"

namespace sinter {
namespace {

struct Gan {
    explicit Gan(const DcganOptions& options, std::uint64_t seed = 1)
        : init(seed, Device::cpu(), draws::kInitialisation),
          noise(seed, Device::cpu()),
          networks(options, init, noise) {}

    Tensor codes(Index batch) { return random_normal({batch, networks.options().latent}, 0, 1, noise); }

    Generator init, noise;
    Dcgan networks;
};

Index state_count(const Module& module) {
    Index count = 0;
    for (const Parameter& each : module.state()) count += each.tensor.count();
    return count;
}

TEST(Dcgan, HasThePublishedNumbersOfParameters) {
    Gan gan28({.size = 28});
    EXPECT_EQ(gan28.networks.generator().parameter_count(), 2'305'472);
    EXPECT_EQ(state_count(gan28.networks.generator()), 2'330'944);  // with the running statistics, as Keras counts
    EXPECT_EQ(gan28.networks.discriminator().parameter_count(), 212'865);
    Gan gan64({.size = 64, .channels = 3});
    EXPECT_EQ(gan64.networks.generator().parameter_count(), 3'576'704);
    EXPECT_EQ(gan64.networks.discriminator().parameter_count(), 2'765'568);
}

TEST(Dcgan, MakesImagesOfItsSizeAndJudgesThem) {
    for (const Index size : {28, 32, 64}) {
        Gan gan({.size = size, .channels = 3, .latent = 7, .base_width = 4});
        const NoGrad no_grad;
        const Tensor images = gan.networks.generate(gan.codes(2));
        EXPECT_EQ(images.shape(), (Shape{2, size, size, 3}));
        for (const float pixel : images.to_floats()) EXPECT_LE(std::abs(pixel), 1.0f);
        EXPECT_EQ(gan.networks.discriminate(images).shape(), (Shape{2, 1}));
    }
}

TEST(Dcgan, RefusesOtherSizes) { EXPECT_THROW(Gan(DcganOptions{.size = 48}), UsageError); }

TEST(Dcgan, GeneratorStepLeavesAFrozenDiscriminatorAlone) {
    Gan gan({.size = 28, .latent = 5, .base_width = 2});
    const Frozen frozen(gan.networks.discriminator());
    backward(logistic_gan_loss(gan.networks.discriminate(gan.networks.generate(gan.codes(3))), 1));
    for (const Parameter& each : gan.networks.discriminator().parameters()) {
        EXPECT_FALSE(each.tensor.grad().defined()) << each.name;
    }
    for (const Parameter& each : gan.networks.generator().parameters()) {
        EXPECT_TRUE(each.tensor.grad().defined()) << each.name;
    }
}

/// All parameters of both networks after a few steps on noise images.
std::vector<float> trained(Index size, int steps) {
    Gan gan({.size = size, .latent = 6, .base_width = 4});
    Dcgan& networks = gan.networks;
    Adam generator(networks.generator(), {.beta1 = 0.5}), discriminator(networks.discriminator(), {.beta1 = 0.5});
    for (int step = 1; step <= steps; ++step) {
        gan.noise.start_step(static_cast<std::uint64_t>(step));
        const Tensor real = random_uniform({5, size, size, 1}, -1, 1, gan.noise);
        const Tensor fake = networks.generate(gan.codes(5));
        discriminator.clear_gradients();
        backward(logistic_gan_loss(networks.discriminate(real), 1) +
                 logistic_gan_loss(networks.discriminate(fake.detach()), 0));
        discriminator.step(2e-3);
        generator.clear_gradients();
        {
            const Frozen frozen(networks.discriminator());
            backward(logistic_gan_loss(networks.discriminate(fake), 1));
        }
        generator.step(2e-3);
    }
    std::vector<float> values = generator.arena().values().to_floats();
    const std::vector<float> more = discriminator.arena().values().to_floats();
    values.insert(values.end(), more.begin(), more.end());
    return values;
}

TEST(Dcgan, TrainsToTheSameBitsOnAnyNumberOfThreads) {
    for (const Index size : {28, 32}) {
        set_cpu_threads(1);
        const std::vector<float> expected = trained(size, 3);
        for (const int threads : {2, 3}) {
            set_cpu_threads(threads);
            EXPECT_EQ(trained(size, 3), expected) << size << " pixels, " << threads << " threads";
        }
    }
    set_cpu_threads(0);
}

TEST(GanLosses, AreTheirFormulas) {
    const Tensor logits = Tensor::from(std::vector<double>{-2, 0.5, 3}, {3, 1}, Device::reference());
    const auto mean_of = [](double a, double b, double c) { return (a + b + c) / 3; };
    EXPECT_NEAR(logistic_gan_loss(logits, 1).item(),
                mean_of(std::log1p(std::exp(2.0)), std::log1p(std::exp(-0.5)), std::log1p(std::exp(-3.0))), 1e-12);
    EXPECT_NEAR(least_squares_gan_loss(logits, 1).item(), mean_of(9, 0.25, 4), 1e-12);
    EXPECT_NEAR(hinge_gan_loss(logits, true).item(), mean_of(3, 0.5, 0), 1e-12);
    EXPECT_NEAR(hinge_gan_loss(logits, false).item(), mean_of(0, 1.5, 4), 1e-12);
    EXPECT_NEAR(wasserstein_loss(logits, true).item(), -0.5, 1e-12);
    EXPECT_NEAR(wasserstein_loss(logits, false).item(), 0.5, 1e-12);
}

}  // namespace
}  // namespace sinter
