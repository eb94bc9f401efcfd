// A training step of a VAE-GAN: which network learns from which loss, what a held one keeps, and what holds of every
// step.
#include "models/hybrids/vae_gan_training.h"

#include <gtest/gtest.h>

#include "core/losses/loss.h"
#include "core/losses/vae.h"
#include "core/ops/arithmetic.h"
#include "core/tape.h"
#include "models/gan/gan_losses.h"
#include "models/hybrids/vae_gan_options.h"
#include "tests/common/allocation_counter.h"
#include "tests/common/checkpoint_files.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"
#include "tests/models/digits_training.h"
#include "tests/models/vae_gan_networks.h"

namespace sinter::tests {
namespace {

const VaeGanOptions kDense{
    .networks = {.architecture = GanArchitecture::dense, .size = 6, .latent = 5, .base_width = 2, .classes = 0}};
constexpr Index kBatch = 4;

std::vector<float> weights(const Optimizer& optimizer) { return optimizer.arena().values().to_floats(); }
std::vector<float> slopes(const Optimizer& optimizer) { return optimizer.arena().gradients().to_floats(); }

/// Everything that a pass computes, computed again without freezing anything.
struct Losses {
    Tensor z, kl, rebuilt, sample, likelihood, loss_d, loss_g;

    /// `cut`: where the gradient is to stop, between encoder and generator or between generator and discriminator.
    enum class Cut { none, at_code, at_image };
    Losses(VaeGanRun& run, Cut cut) {
        VaeGan& model = run.model;
        run.start_step(1);
        const Tensor x = run.real(kBatch);
        const LatentSample code = reparameterise_kl(model.heads(x), run.noise);
        kl = code.kl;
        z = cut == Cut::at_code ? code.z.detach() : code.z;
        rebuilt = model.gan().generate(z);
        sample = model.gan().generate(random_normal({kBatch, model.gan().options().latent}, 0, 1, run.noise));
        if (cut == Cut::at_image) rebuilt = rebuilt.detach(), sample = sample.detach();
        const Gan::Judgement real = model.judge(x), of_rebuilt = model.judge(rebuilt);
        const Tensor of_sample = model.gan().discriminate(sample);
        likelihood = squared_error(of_rebuilt.features, real.features.detach(), 0.5 / kBatch);
        loss_d = verdict_cost(real.logits, 1) + 0.5 * (verdict_cost(of_sample, 0) + verdict_cost(of_rebuilt.logits, 0));
        loss_g = 0.5 * (verdict_cost(of_sample, 1) + verdict_cost(of_rebuilt.logits, 1));
    }
};

/// Both are sums of the same few terms, perhaps in another order: eight roundings of their largest.
void expect_same_gradient(const std::vector<float>& found, const std::vector<float>& expected, const char* network) {
    float largest = 0;
    for (const float value : expected) largest = std::max(largest, std::abs(value));
    ASSERT_GT(largest, 1e-4f);
    for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(found[i], expected[i], largest * 8 * 0x1p-24) << network << ", parameter " << i;
}

TEST(VaeGanTraining, EachNetworkLearnsFromItsOwnLossAlone) {
    constexpr double kGamma = 3;
    VaeGanRun run(kDense, {.gamma = kGamma});
    run.step(kBatch);
    const auto gradient = [&](Losses::Cut cut, Adam VaeGanRun::*network, const auto& loss) {
        VaeGanRun again(kDense, {.gamma = kGamma});
        const Losses losses(again, cut);
        backward(loss(losses));
        return slopes(again.*network);
    };
    const double features = 8;
    expect_same_gradient(slopes(run.encoder),
                         gradient(Losses::Cut::none, &VaeGanRun::encoder,
                                  [](const Losses& losses) { return losses.kl + losses.likelihood; }),
                         "encoder");
    expect_same_gradient(
        slopes(run.discriminator),
        gradient(Losses::Cut::at_image, &VaeGanRun::discriminator, [](const Losses& losses) { return losses.loss_d; }),
        "discriminator");
    expect_same_gradient(
        slopes(run.generator),
        gradient(Losses::Cut::at_code, &VaeGanRun::generator,
                 [&](const Losses& losses) { return kGamma / features * losses.likelihood + losses.loss_g; }),
        "generator");
}

TEST(VaeGanTraining, SamplesAloneAreFakesWhereReconstructionsAreNot) {
    VaeGanRun run(kDense, {.discriminate_reconstructions = false});
    const StepNumbers numbers = run.step(kBatch);
    VaeGanRun again(kDense, {});
    const Losses losses(again, Losses::Cut::none);
    const Tensor of_sample = again.model.gan().discriminate(losses.sample);
    EXPECT_NEAR(value(numbers, "loss_g"), verdict_cost(of_sample, 1).item(), 1e-6);
}

struct Player {
    std::vector<float> parameters;
    std::vector<std::vector<float>> state;
    std::int64_t steps;
    bool operator==(const Player&) const = default;
};

Player player(const Optimizer& optimizer) {
    Player result{weights(optimizer), {}, optimizer.steps()};
    for (const Optimizer::State& state : optimizer.state()) result.state.push_back(state.values.to_floats());
    return result;
}

TEST(VaeGanTraining, AHeldPlayerKeepsParametersMomentsAndCount) {
    constexpr BalanceOptions kHoldsDiscriminator{.equilibrium = 10, .margin = 1},
        kHoldsGenerator{.equilibrium = 0, .margin = 1e-3}, kHoldsNobody{.equilibrium = 10, .margin = 0};
    for (const auto& [balance, held_g, held_d] :
         {std::tuple(kHoldsDiscriminator, false, true), {kHoldsGenerator, true, false}, {kHoldsNobody, false, false}}) {
        SCOPED_TRACE(balance.equilibrium);
        VaeGanRun run(kDense, {.balance = balance});
        VaeGanTraining free(run.model, {&run.encoder, &run.generator, &run.discriminator}, run.noise,
                            {.balance = kHoldsNobody});
        run.start_step(1);
        free.prepare({1e-3, 1e-3, 1e-3});
        free.pass(run.real(kBatch));  // so that there are moments to keep
        const Player encoder = player(run.encoder), generator = player(run.generator),
                     discriminator = player(run.discriminator);
        const StepNumbers numbers = run.step(kBatch);
        EXPECT_EQ(value(numbers, "held_g"), held_g);
        EXPECT_EQ(value(numbers, "held_d"), held_d);
        EXPECT_EQ(player(run.generator) == generator, held_g);
        EXPECT_EQ(player(run.discriminator) == discriminator, held_d);
        EXPECT_NE(weights(run.encoder), encoder.parameters);
        EXPECT_EQ(run.encoder.steps(), 2);
        EXPECT_EQ(run.generator.steps(), held_g ? 1 : 2);
        EXPECT_EQ(run.discriminator.steps(), held_d ? 1 : 2);
    }
}

TEST(VaeGanTraining, RefusesWhatCannotBe) {
    expect_usage_error([] { VaeGanRun(kDense, {.gamma = -1}); }, {"[vae_gan_training]", "negative", "-1"});
    expect_usage_error([] { VaeGanRun(kDense, {.balance = {.margin = -1}}); }, {"[vae_gan_training]", "-1"});
    VaeGanOptions deep = kDense;
    deep.feature_layer = 3;
    Generator init(1, Device::cpu());
    expect_usage_error([&] { VaeGan(deep, init); }, {"[vae_gan]", "2 hidden layers", "got 3"});
}

TEST(VaeGanTraining, LoadsACheckpointAndRefusesALayerThatIsNotThere) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "model.safetensors";
    VaeGanOptions options = kDense;
    options.networks.classes = 3;
    options.feature_layer = 1;
    OptionList list;
    describe(list, options);
    VaeGanRun run(options, {});
    save_checkpoint(path, checkpoint_parts(run.model), facts_of(list));
    const std::unique_ptr<VaeGan> loaded = load_vae_gan(path.string(), Device::cpu());
    EXPECT_EQ(loaded->options().feature_layer, 1);
    EXPECT_FALSE(loaded->options().networks.dropout);
    run.start_step(1);
    const Tensor x = run.real(kBatch);
    const Buffer<std::int32_t> labels(std::vector<std::int32_t>{0, 1, 2, 0}, Device::cpu());
    EXPECT_EQ(loaded->reconstruct(x, labels).to_floats(), run.model.reconstruct(x, labels).to_floats());

    CheckpointFacts facts = facts_of(list);
    facts["model.feature_layer"] = "3";
    save_checkpoint(path, checkpoint_parts(run.model), facts);
    expect_error<DataError>([&] { load_vae_gan(path.string(), Device::cpu()); }, {path.string(), "damaged", "got 3"});
}

struct Kind {
    VaeGanOptions model;
    VaeGanTrainingOptions training;
};

const Kind kKinds[] = {
    {{.networks = {.size = 28, .latent = 6, .base_width = 4, .discriminator_norm = DiscriminatorNorm::layer}}, {}},
    {{.networks = {.size = 32,
                   .channels = 3,
                   .latent = 6,
                   .base_width = 2,
                   .classes = 3,
                   .discriminator_norm = DiscriminatorNorm::batch},
      .feature_layer = 1},
     {.discriminate_reconstructions = false, .balance = {.margin = 0.01}, .clip_norm = 1}},
};

Buffer<std::int32_t> labels_for(const Kind& kind) {
    if (kind.model.networks.classes == 0) return {};
    return {std::vector<std::int32_t>{0, 1, 2, 0}, Device::cpu()};
}

TEST(VaeGanTraining, GivesTheSameBitsForAnyNumberOfThreads) {
    for (const Kind& kind : kKinds) {
        std::vector<float> expected;
        for (const int threads : {1, 3}) {
            set_cpu_threads(threads);
            VaeGanRun run(kind.model, kind.training);
            for (int step = 0; step < 3; ++step) run.step(kBatch, 2e-3, labels_for(kind));
            std::vector<float> after;
            for (const Adam* network : {&run.encoder, &run.generator, &run.discriminator})
                for (const float value : weights(*network)) after.push_back(value);
            if (threads == 1) expected = after;
            EXPECT_TRUE(same_bits(after, expected)) << kind.model.networks.size << " pixels";
        }
    }
    set_cpu_threads(0);
}

TEST(VaeGanTraining, AllocatesNothingAfterTheFirstStep) {
    for (const Kind& kind : kKinds) {
        VaeGanRun run(kind.model, kind.training);
        const Buffer<std::int32_t> labels = labels_for(kind);
        run.step(kBatch, 2e-3, labels);
        run.step(kBatch, 2e-3, labels);
        const std::int64_t before = allocations();
        const std::size_t reserved = Device::cpu().memory().bytes_reserved();
        for (int step = 0; step < 2; ++step) run.step(kBatch, 2e-3, labels);
        EXPECT_EQ(allocations() - before, 0) << kind.model.networks.size << " pixels";
        EXPECT_EQ(Device::cpu().memory().bytes_reserved(), reserved);
    }
}

}  // namespace
}  // namespace sinter::tests
