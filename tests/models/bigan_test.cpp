// The networks of bidirectional GANs: their published sizes, what they make of their inputs, and what they refuse; and
// a training step: which weights which gradient comes from, and what holds of every step.
#include "models/hybrids/bigan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/ops/arithmetic.h"
#include "core/tape.h"
#include "core/watch.h"
#include "models/gan/gan_losses.h"
#include "tests/common/allocation_counter.h"
#include "tests/common/errors.h"
#include "tests/models/bigan_networks.h"
#include "tests/models/digits_training.h"
#include "tests/models/gan_networks.h"

namespace sinter::tests {
namespace {

constexpr BiGanOptions kMlp{.size = 5, .channels = 3, .latent = 4, .base_width = 1};
constexpr BiGanOptions kConv28{.architecture = BiGanArchitecture::conv, .size = 28, .latent = 4, .base_width = 2};
constexpr BiGanOptions kStochastic32{.architecture = BiGanArchitecture::conv,
                                     .encoder = BiGanEncoder::stochastic,
                                     .size = 32,
                                     .channels = 3,
                                     .latent = 4,
                                     .base_width = 2};
constexpr BiGanOptions kKinds[] = {kMlp, kConv28, kStochastic32};

TEST(BiGan, HasThePublishedNumbersOfParameters) {
    BiGanRun mlp({});
    EXPECT_EQ(mlp.bigan.generator().parameter_count(), 50 * 1024 + (1024 + 50) * 1024 + 1024 * 784);
    EXPECT_EQ(mlp.bigan.encoder().parameter_count(), 784 * 1024 + 1024 * 1024 + 1024 * 50);
    EXPECT_EQ(mlp.bigan.discriminator().parameter_count(), 784 * 1024 + (1024 + 50) * 1024 + 1024);
}

TEST(BiGan, MakesImagesAndCodesOfItsSizesAndJudgesPairs) {
    for (const BiGanOptions& options : kKinds) {
        BiGanRun run(options);
        const NoGrad no_grad;
        const Tensor z = run.bigan.draw_codes(2, run.noise), images = run.bigan.generate(z);
        EXPECT_EQ(z.shape(), (Shape{2, 4}));
        EXPECT_EQ(images.shape(), (Shape{2, options.size, options.size, options.channels}));
        for (const float pixel : images.to_floats()) EXPECT_TRUE(pixel >= 0 && pixel <= 1) << pixel;
        EXPECT_EQ(run.bigan.encode(images).shape(), z.shape());
        EXPECT_EQ(run.bigan.features(images).shape().rank(), 2);
        EXPECT_EQ(run.bigan.discriminate(images, z).shape(), (Shape{2, 1}));
    }
}

TEST(BiGan, CodesOfADeterministicEncoderAreOfTheRangeOfThoseDrawn) {
    BiGanRun run(kMlp);
    for (const Parameter& each : run.bigan.encoder().parameters()) {
        std::vector<float> large = each.tensor.to_floats();
        for (float& value : large) value *= 100;
        Tensor(each.tensor).assign(std::span<const float>(large));
    }
    const NoGrad no_grad;
    for (const Tensor& codes : {run.bigan.draw_codes(500, run.noise), run.bigan.encode(run.random_images(50)),
                                run.bigan.infer(run.random_images(50), run.noise)}) {
        const std::vector<float> values = codes.to_floats();
        const auto [low, high] = std::minmax_element(values.begin(), values.end());
        EXPECT_GE(*low, -1);
        EXPECT_LT(*low, -0.9);
        EXPECT_LE(*high, 1);
        EXPECT_GT(*high, 0.9);
    }
}

TEST(BiGan, AStochasticEncoderDrawsAroundItsMeans) {
    BiGanRun run(kStochastic32);
    const NoGrad no_grad;
    const Tensor images = run.random_images(2);
    const std::vector<float> mean = run.bigan.encode(images).to_floats();
    std::vector<double> sums(mean.size());
    constexpr int kDraws = 400;
    for (int i = 0; i < kDraws; ++i) {
        const std::vector<float> sample = run.bigan.infer(images, run.noise).to_floats();
        for (std::size_t j = 0; j < mean.size(); ++j) sums[j] += (sample[j] - mean[j]) / kDraws;
    }
    // Born with variances near 1: the mean of 400 draws deviates by 0.05, and 6 deviations are left.
    for (const double deviation : sums) EXPECT_NEAR(deviation, 0, 0.3);
    EXPECT_NE(run.bigan.infer(images, run.noise).to_floats(), run.bigan.infer(images, run.noise).to_floats());
}

TEST(BiGan, JudgesTheImageAndTheCode) {
    for (const BiGanOptions& options : kKinds) {
        BiGanRun run(options);
        run.step(4);  // from zero, the discriminator of mlp has no opinion
        const NoGrad no_grad;
        run.bigan.discriminator().train(false);  // dropout would tell them apart
        const Tensor x = run.random_images(2), other_x = run.random_images(2);
        const Tensor z = run.bigan.draw_codes(2, run.noise), other_z = run.bigan.draw_codes(2, run.noise);
        const std::vector<float> logits = run.bigan.discriminate(x, z).to_floats();
        EXPECT_NE(run.bigan.discriminate(other_x, z).to_floats(), logits);
        EXPECT_NE(run.bigan.discriminate(x, other_z).to_floats(), logits);
    }
}

TEST(BiGan, RefusesWhatDoesNotFit) {
    expect_usage_error([] { BiGanRun({.architecture = BiGanArchitecture::conv, .size = 30}); }, {"[gan]", "got 30"});
    expect_usage_error([] { BiGanRun({.latent = 0}); }, {"[bigan]", "latent", "0"});
    BiGanRun run(kMlp);
    const Tensor x = run.random_images(3), z = run.bigan.draw_codes(2, run.noise);
    expect_usage_error([&] { run.bigan.discriminate(x, z); }, {"[bigan]", "a code for each of 3 images", "got 2"});
    expect_usage_error([&] { run.bigan.generate(Tensor::zeros({2, 5}, Device::cpu())); }, {"[bigan]", "[batch, 4]"});
    expect_usage_error([&] { run.bigan.encode(Tensor::zeros({2, 5, 5, 1}, Device::cpu())); }, {"[bigan]", "images"});
}

/// Both losses of a step by hand, and which pairs they come from.
struct Losses {
    Losses(BiGanRun& run, const Tensor& x) {
        BiGan& bigan = run.bigan;
        const Tensor z = bigan.draw_codes(x.size(0), run.noise), generated = bigan.generate(z);
        const Tensor inferred = bigan.infer(x, run.noise);
        const Tensor of_images = bigan.discriminate(x, inferred), of_codes = bigan.discriminate(generated, z);
        const auto taken_for = [](const Tensor& logits, bool real) {
            return generator_loss(GanLoss::logistic, real ? logits : -logits);
        };
        discriminator = 0.5 * (taken_for(of_images, true) + taken_for(of_codes, false));
        encoder = 0.5 * taken_for(of_images, false);
        generator = 0.5 * taken_for(of_codes, true);
    }
    Tensor discriminator, encoder, generator;
};

/// Expects that a step left this gradient of `loss` on the parameters of a module.
void expect_learned_from(const Tensor& loss, const Module& learned, const Module& module, const char* name) {
    std::vector<Tensor> parameters;
    for (const Parameter& each : module.parameters()) parameters.push_back(each.tensor);
    const std::vector<Tensor> expected = gradients(loss, parameters);
    const std::vector<Parameter> found = learned.parameters();
    double largest = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::vector<float> want = expected[i].to_floats(), got = found[i].tensor.grad().to_floats();
        double size = 0;
        for (const float value : want) size = std::max(size, std::abs(double(value)));
        // Sums of a few hundred terms in another order.
        for (std::size_t j = 0; j < want.size(); ++j)
            ASSERT_NEAR(got[j], want[j], 1e-5 * size + 1e-9) << name << " " << found[i].name;
        largest = std::max(largest, size);
    }
    EXPECT_GT(largest, 1e-6) << name << " has a gradient";
}

TEST(BiGanTraining, EachLearnsFromItsOwnPairsByTheNetworksBeforeTheUpdate) {
    for (const BiGanOptions& options : kKinds) {
        BiGanRun run(options), still(options);
        for (BiGanRun* each : {&run, &still}) each->step(4);
        still.start_step(2);
        const Losses losses(still, still.random_images(4));
        const StepNumbers numbers = run.step(4);
        EXPECT_NEAR(value(numbers, "loss_d"), losses.discriminator.item(), 1e-6);
        EXPECT_NEAR(value(numbers, "loss_g"), losses.encoder.item() + losses.generator.item(), 1e-6);
        BiGan &learned = run.bigan, &before = still.bigan;
        expect_learned_from(losses.discriminator, learned.discriminator(), before.discriminator(), "discriminator");
        expect_learned_from(losses.encoder, learned.encoder(), before.encoder(), "encoder");
        expect_learned_from(losses.generator, learned.generator(), before.generator(), "generator");
    }
}

TEST(BiGanTraining, RatesAreThoseOfTheirNetworks) {
    BiGanRun run(kMlp);
    run.step(4);
    const std::vector<float> pair = run.pair.arena().values().to_floats();
    const std::vector<float> discriminator = run.discriminator.arena().values().to_floats();
    run.step(4, {0, 1e-3});
    EXPECT_TRUE(same_bits(run.pair.arena().values().to_floats(), pair));
    EXPECT_FALSE(same_bits(run.discriminator.arena().values().to_floats(), discriminator));
}

TEST(BiGanTraining, IsHeldFromTheFirstInfiniteLossOnAndARepeatedStepFindsTheOp) {
    BiGanRun run(kMlp);
    run.step(4);
    for (const Parameter& each : run.bigan.discriminator().parameters()) {
        if (each.name != "joint.logit.weight") continue;
        std::vector<float> infinite = each.tensor.to_floats();
        infinite.front() = std::numeric_limits<float>::infinity();
        Tensor(each.tensor).assign(std::span<const float>(infinite));
    }
    const std::vector<float> before = run.parameters();
    EXPECT_FALSE(std::isfinite(value(run.step(4), "loss_d")));
    EXPECT_TRUE(same_bits(run.parameters(), before)) << "held";
    run.start_step(2);
    const Watch watch;
    EXPECT_THROW(run.training.pass(run.random_images(4)), DivergedError);
}

TEST(BiGanTrainingStep, GivesTheSameBitsForAnyNumberOfThreads) {
    for (const BiGanOptions& options : kKinds) {
        std::vector<float> expected;
        for (const int threads : {1, 2, 3}) {
            set_cpu_threads(threads);
            BiGanRun run(options);
            for (int step = 0; step < 3; ++step) run.step(5);
            if (threads == 1) expected = run.parameters();
            EXPECT_TRUE(same_bits(run.parameters(), expected)) << options.size << " pixels, " << threads << " threads";
        }
    }
    set_cpu_threads(0);
}

TEST(BiGanTrainingStep, AllocatesNothingAfterTheFirst) {
    for (const BiGanOptions& options : kKinds) {
        BiGanRun run(options);
        for (int step = 0; step < 2; ++step) run.step(5);
        const std::int64_t before = allocations();
        const std::size_t reserved = Device::cpu().memory().bytes_reserved();
        for (int step = 0; step < 2; ++step) run.step(5);
        EXPECT_EQ(allocations() - before, 0) << options.size << " pixels";
        EXPECT_EQ(Device::cpu().memory().bytes_reserved(), reserved);
    }
}

}  // namespace
}  // namespace sinter::tests
