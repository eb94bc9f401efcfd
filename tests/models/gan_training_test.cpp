// A training step of a GAN: which weights which gradient comes from, and what holds of every step.
#include "models/gan/gan_training.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/watch.h"
#include "tests/common/allocation_counter.h"
#include "tests/common/errors.h"
#include "tests/models/digits_training.h"
#include "tests/models/gan_networks.h"

namespace sinter::tests {
namespace {

using tests::expect_usage_error;

/// A GAN without dropout and batch norm, whose losses are the same in any pass over the same images.
const GanOptions kDense{.architecture = GanArchitecture::dense, .size = 6, .latent = 5, .base_width = 2};

std::vector<float> weights(const Optimizer& optimizer) { return optimizer.arena().values().to_floats(); }

TEST(GanTraining, SimultaneousGeneratorLearnsFromTheDiscriminatorBeforeItsUpdate) {
    GanRun simultaneous(kDense, {.simultaneous = true}), still(kDense, {}), alternating(kDense, {});
    simultaneous.step(4, {1e-2, 1e-2});
    still.step(4, {1e-2, 0});
    alternating.step(4, {1e-2, 1e-2});
    EXPECT_TRUE(same_bits(weights(simultaneous.generator), weights(still.generator)));
    EXPECT_FALSE(same_bits(weights(simultaneous.generator), weights(alternating.generator)))
        << "the alternating generator did not see the discriminator's update";
    EXPECT_TRUE(same_bits(weights(simultaneous.discriminator), weights(alternating.discriminator)));
}

TEST(GanTraining, GeneratorsTurnLeavesTheDiscriminatorsGradientAlone) {
    GanRun both(kDense, {}), first_of_two(kDense, {.n_critic = 2});
    both.step(4);
    first_of_two.step(4);
    EXPECT_TRUE(same_bits(both.discriminator.arena().gradients().to_floats(),
                          first_of_two.discriminator.arena().gradients().to_floats()));
}

TEST(GanTraining, GeneratorLearnsInEveryNthStep) {
    GanRun run(kDense, {.loss = GanLoss::wasserstein, .n_critic = 3});
    for (int step = 1; step <= 6; ++step) {
        const std::vector<float> before = weights(run.generator), critic = weights(run.discriminator);
        const bool learns = step % 3 == 0;
        EXPECT_EQ(std::isfinite(value(run.step(4), "loss_g")), learns) << step;
        EXPECT_EQ(same_bits(weights(run.generator), before), !learns) << step;
        EXPECT_FALSE(same_bits(weights(run.discriminator), critic)) << step;
    }
    EXPECT_EQ(run.generator.steps(), 2);
}

TEST(GanTraining, ReportsProbabilitiesForTheLogisticLossAndLogitsForOthers) {
    GanRun logistic(kDense, {}), hinge(kDense, {.loss = GanLoss::hinge});
    const StepNumbers probabilities = logistic.step(1), logits = hinge.step(1);
    for (const char* name : {"d_real", "d_fake"})
        EXPECT_NEAR(value(probabilities, name), 1 / (1 + std::exp(-value(logits, name))), 1e-6);
    EXPECT_NEAR(value(probabilities, "loss_d"),
                -std::log(value(probabilities, "d_real")) - std::log(1 - value(probabilities, "d_fake")), 1e-5);
}

TEST(GanTraining, PenaltiesNoiseAndAugmentationEnterTheDiscriminatorsLoss) {
    const double plain = value(GanRun(kDense, {}).step(4), "loss_d");
    const auto difference = [&](const GanTrainingOptions& options) {
        return value(GanRun(kDense, options).step(4), "loss_d") - plain;
    };
    const double penalty = difference({.gradient_penalty = 1});
    EXPECT_GT(penalty, 1e-4);
    EXPECT_NEAR(difference({.gradient_penalty = 10}), 10 * penalty, 1e-5);
    GanRun run(kDense, {});
    run.images.start_step(1);
    const Tensor real = random_uniform({4, kDense.size, kDense.size, 1}, -1, 1, run.images);
    const double value = r1_penalty([&](const Tensor& x) { return run.gan.discriminate(x); }, real).item();
    EXPECT_GT(value, 1e-4);
    EXPECT_NEAR(difference({.r1_penalty = 10}), 5 * value, 1e-5);
    EXPECT_GT(std::abs(difference({.instance_noise = 0.5})), 1e-4);
    const double colour = difference({.augmentation = {.colour = true}});
    EXPECT_GT(std::abs(colour), 1e-4);
    // The slope at an image is that of its augmentation: a square of half a side has none.
    EXPECT_GT(difference({.r1_penalty = 10, .augmentation = {.colour = true}}) - colour, 1e-4);
    const double cut = difference({.augmentation = {.cutout = true}});
    EXPECT_LT(difference({.r1_penalty = 10, .augmentation = {.cutout = true}}) - cut, 5 * value);
}

TEST(GanTraining, RefusesOptionsThatContradictEachOther) {
    expect_usage_error([] { GanRun(kDense, {.n_critic = 0}); }, {"[gan_training]", "got 0"});
    expect_usage_error([] { GanRun(kDense, {.simultaneous = true, .n_critic = 5}); },
                       {"[gan_training]", "alternating", "5"});
    expect_usage_error([] { GanRun(kDense, {.instance_noise = -1}); }, {"[gan_training]", "negative", "-1"});
}

TEST(GanTraining, ARepeatedStepFindsTheOpAndChangesNothing) {
    for (const bool simultaneous : {false, true}) {
        GanRun run(kDense, {.loss = GanLoss::least_squares, .simultaneous = simultaneous});
        run.step(4);
        const Tensor logit_weight = run.gan.discriminator().parameters()[4].tensor;
        ASSERT_EQ(run.gan.discriminator().parameters()[4].name, "logit.weight");
        std::vector<float> huge = logit_weight.to_floats();
        for (float& value : huge) value = value < 0 ? -1e25f : 1e25f;
        Tensor(logit_weight).assign(std::span<const float>(huge));
        const std::vector<float> before = weights(run.generator), critic = weights(run.discriminator);
        EXPECT_FALSE(std::isfinite(value(run.step(4), "loss_d"))) << "the square of 1e20 and more is no float";
        EXPECT_TRUE(same_bits(weights(run.discriminator), critic)) << "held";
        {
            const Watch watch;
            EXPECT_THROW(run.repeat(2, 4), DivergedError);
        }
        run.repeat(2, 4);  // to its end
        EXPECT_TRUE(same_bits(weights(run.generator), before));
        EXPECT_TRUE(same_bits(weights(run.discriminator), critic));
    }
}

struct Kind {
    GanOptions networks;
    GanTrainingOptions training;
};

/// Every architecture, every loss, both orders and all terms.
const Kind kKinds[] = {
    {{.size = 28, .latent = 6, .base_width = 4}, {.simultaneous = true}},
    {{.size = 32, .latent = 6, .base_width = 4}, {.label_smoothing = 0.1, .instance_noise = 0.1}},
    {{.size = 64, .channels = 3, .latent = 6, .base_width = 2}, {.loss = GanLoss::hinge}},
    {{.architecture = GanArchitecture::dense, .size = 10, .latent = 6, .base_width = 2},
     {.loss = GanLoss::wasserstein, .n_critic = 2, .gradient_penalty = 10}},
    {{.size = 32, .latent = 6, .base_width = 2, .discriminator_norm = DiscriminatorNorm::layer},
     {.loss = GanLoss::wasserstein, .gradient_penalty = 10}},
    {{.size = 28, .latent = 6, .base_width = 2, .discriminator_norm = DiscriminatorNorm::layer},
     {.loss = GanLoss::least_squares, .r1_penalty = 1, .augmentation = {true, true, true}}},
    {{.size = 32, .latent = 6, .base_width = 2, .classes = 3, .discriminator_norm = DiscriminatorNorm::spectral},
     {.loss = GanLoss::hinge}},
    {{.architecture = GanArchitecture::dense,
      .size = 10,
      .latent = 6,
      .base_width = 2,
      .classes = 3,
      .discriminator_norm = DiscriminatorNorm::spectral},
     {.simultaneous = true, .gradient_penalty = 10, .augmentation = {.cutout = true}}},
};

TEST(GanTrainingStep, GivesTheSameBitsForAnyNumberOfThreads) {
    for (const Kind& kind : kKinds) {
        std::vector<float> expected;
        for (const int threads : {1, 2, 3}) {
            set_cpu_threads(threads);
            GanRun run(kind.networks, kind.training);
            for (int step = 0; step < 3; ++step) run.step(5);
            std::vector<float> after = weights(run.generator);
            const std::vector<float> discriminator = weights(run.discriminator);
            after.insert(after.end(), discriminator.begin(), discriminator.end());
            if (threads == 1) expected = after;
            EXPECT_TRUE(same_bits(after, expected)) << kind.networks.size << " pixels, " << threads << " threads";
        }
    }
    set_cpu_threads(0);
}

TEST(GanTrainingStep, AllocatesNothingAfterTheFirst) {
    for (const Kind& kind : kKinds) {
        GanRun run(kind.networks, kind.training);
        for (int step = 0; step < 4; ++step) run.step(5);  // of n_critic 2, both kinds of step twice
        const std::int64_t before = allocations();
        const std::size_t reserved = Device::cpu().memory().bytes_reserved();
        for (int step = 0; step < 2; ++step) run.step(5);
        EXPECT_EQ(allocations() - before, 0)
            << name_of(kGanArchitectures, kind.networks.architecture) << ", " << kind.networks.size << " pixels";
        EXPECT_EQ(Device::cpu().memory().bytes_reserved(), reserved);
    }
}

}  // namespace
}  // namespace sinter::tests
