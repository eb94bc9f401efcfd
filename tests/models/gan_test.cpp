// The networks of the GANs: their published sizes, what they make of their inputs, and what they refuse.
#include "models/gan/gan.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/ops/random.h"
#include "core/tape.h"
#include "models/gan/dcgan.h"
#include "tests/common/errors.h"
#include "tests/models/gan_networks.h"

namespace sinter::tests {
namespace {

using tests::expect_usage_error;

Index state_count(const Module& module) {
    Index count = 0;
    for (const Parameter& each : module.state()) count += each.tensor.count();
    return count;
}

TEST(Gan, HasThePublishedNumbersOfParameters) {
    GanNetworks dcgan28({.size = 28});
    EXPECT_EQ(dcgan28.gan.generator().parameter_count(), 2'305'472);
    EXPECT_EQ(state_count(dcgan28.gan.generator()), 2'330'944);  // with the running statistics, as Keras counts
    EXPECT_EQ(dcgan28.gan.discriminator().parameter_count(), 212'865);
    GanNetworks dcgan64({.size = 64, .channels = 3});
    EXPECT_EQ(dcgan64.gan.generator().parameter_count(), 3'576'704);
    EXPECT_EQ(dcgan64.gan.discriminator().parameter_count(), 2'765'568);
    GanNetworks dense({.architecture = GanArchitecture::dense});
    EXPECT_EQ(dense.gan.generator().parameter_count(), 101 * 256 + 257 * 512 + 513 * 784);
    EXPECT_EQ(dense.gan.discriminator().parameter_count(), 785 * 512 + 513 * 256 + 257);
}

TEST(Gan, HasAStageForEveryHalvingAndNoMoreChannelsThanTheWidest) {
    const auto counts = [](Index size) {
        GanNetworks networks({.size = size, .channels = 3, .latent = 7, .base_width = 2});
        return std::pair(networks.gan.generator().parameter_count(), networks.gan.discriminator().parameter_count());
    };
    // Kernels of 4x4, each but the last with a gain and an offset a channel; the discriminator has none in front.
    const Index up16 = 16 * (4 * 2 + 2 * 3) + 2 * 2, down16 = 16 * (3 * 2 + 2 * 4) + 2 * 4;
    const Index up64 = up16 + 16 * (16 * 8 + 8 * 4) + 2 * (8 + 4),
                down64 = down16 + 16 * (4 * 8 + 8 * 16) + 2 * (8 + 16);
    const Index widest = 16 * 16 * 16 + 2 * 16;
    EXPECT_EQ(counts(16), std::pair(16 * 7 * 4 + 2 * 4 + up16, down16 + 16 * 4));
    EXPECT_EQ(counts(64), std::pair(16 * 7 * 16 + 2 * 16 + up64, down64 + 16 * 16));
    EXPECT_EQ(counts(128), std::pair(16 * 7 * 16 + 2 * 16 + widest + up64, down64 + widest + 16 * 16));
    EXPECT_EQ(counts(256), std::pair(16 * 7 * 16 + 2 * 16 + 2 * widest + up64, down64 + 2 * widest + 16 * 16));
}

TEST(Gan, TakesAStepOfEverySize) {
    for (const Index size : kDcganSizes) {
        GanRun run({.size = size, .channels = 3, .latent = 7, .base_width = 2}, {});
        const StepNumbers numbers = run.step(2);
        for (const char* loss : {"loss_d", "loss_g"}) EXPECT_TRUE(std::isfinite(value(numbers, loss))) << size;
    }
}

TEST(Gan, MakesImagesOfItsSizeAndJudgesThem) {
    std::vector<GanOptions> all = {{.architecture = GanArchitecture::dense, .size = 13}};
    for (const Index size : kDcganSizes) all.push_back({.size = size});
    for (const GanOptions& options : all) {
        GanOptions small = options;
        small.channels = 3;
        small.latent = 7;
        small.base_width = 4;
        GanNetworks networks(small);
        const NoGrad no_grad;
        const Tensor images = networks.gan.generate(networks.codes(2));
        EXPECT_EQ(images.shape(), (Shape{2, small.size, small.size, 3}));
        for (const float pixel : images.to_floats()) EXPECT_LE(std::abs(pixel), 1.0f);
        EXPECT_EQ(networks.gan.discriminate(images).shape(), (Shape{2, 1}));
    }
}

Tensor* find(std::vector<Parameter>& all, const std::string& name) {
    for (Parameter& each : all) {
        if (each.name == name) return &each.tensor;
    }
    return nullptr;
}

TEST(ConditionalGan, DrawsAndJudgesByTheLabel) {
    for (const auto& [name, architecture, note] : kGanArchitectures) {
        SCOPED_TRACE(name);
        GanNetworks networks({.architecture = architecture, .size = 28, .latent = 5, .base_width = 2, .classes = 3});
        networks.gan.discriminator().train(false);  // no dropout between the passes that are compared
        const NoGrad no_grad;
        const Device device = Device::cpu();
        const Tensor z = networks.codes(2);
        const Buffer<std::int32_t> first(std::vector<std::int32_t>{0, 1}, device);
        const Buffer<std::int32_t> second(std::vector<std::int32_t>{2, 1}, device);
        const Tensor images = networks.gan.generate(z, first);
        const auto logits = [&](const Buffer<std::int32_t>& labels) {
            return networks.gan.discriminate(images, labels).to_floats();
        };
        EXPECT_NE(networks.gan.generate(z, second).to_floats(), images.to_floats());
        const std::vector<float> by_first = logits(first), by_second = logits(second);
        EXPECT_NE(by_first[0], by_second[0]);
        EXPECT_EQ(by_first[1], by_second[1]);

        // The label speaks through the projection alone.
        std::vector<Parameter> parameters = networks.gan.discriminator().parameters();
        find(parameters, "projection.weight")->fill(0);
        EXPECT_EQ(logits(first), logits(second));
    }
}

TEST(ConditionalGan, AddsOneEmbeddingToEachNetwork) {
    GanNetworks plain({.size = 28, .base_width = 8}), conditional({.size = 28, .base_width = 8, .classes = 10});
    EXPECT_EQ(conditional.gan.generator().parameter_count() - plain.gan.generator().parameter_count(),
              10 * 10 + 10 * 49 * 32);  // embeddings of 10 values, and the rows of the dense layer that read them
    EXPECT_EQ(conditional.gan.discriminator().parameter_count() - plain.gan.discriminator().parameter_count(),
              10 * 49 * 16);
}

TEST(ConditionalGan, RefusesMissingAndSuperfluousLabels) {
    GanNetworks plain({.latent = 5, .base_width = 2}), conditional({.latent = 5, .base_width = 2, .classes = 3});
    const Tensor z = plain.codes(2), images = Tensor::zeros({2, 28, 28, 1}, Device::cpu());
    expect_usage_error([&] { conditional.gan.generate(z); }, {"[gan]", "label for each of 2 images", "got 0"});
    expect_usage_error([&] { conditional.gan.discriminate(images); }, {"[gan]", "label for each of 2 images", "got 0"});
    expect_usage_error([&] { plain.gan.generate(z, conditional.labels(2)); }, {"[gan]", "2 labels", "without classes"});
    expect_usage_error([] { GanNetworks({.classes = -1}); }, {"[gan]", "classes", "-1"});
}

TEST(Gan, ADiscriminatorWithoutBatchNormJudgesEachImageByItself) {
    for (const Index size : {16, 28, 32, 64, 128}) {
        for (const DiscriminatorNorm norm : {DiscriminatorNorm::none, DiscriminatorNorm::layer}) {
            GanNetworks networks({.size = size, .base_width = 2, .discriminator_norm = norm});
            networks.gan.discriminator().train(false);
            bool normalised = false;
            for (const Parameter& each : networks.gan.discriminator().parameters())
                normalised |= each.name.find("norm") != std::string::npos;
            EXPECT_EQ(normalised, norm == DiscriminatorNorm::layer) << size;
            const NoGrad no_grad;
            Generator pixels(3, Device::cpu());
            pixels.start_step(1);
            const Tensor pair = random_uniform({2, size, size, 1}, -1, 1, pixels);
            std::vector<float> first = pair.to_floats();
            first.resize(first.size() / 2);
            Tensor alone = Tensor::empty({1, size, size, 1}, Device::cpu());
            alone.assign(std::span<const float>(first));
            const float expected = networks.gan.discriminate(alone).to_floats()[0];
            EXPECT_NEAR(networks.gan.discriminate(pair).to_floats()[0], expected, 1e-6f + 1e-5f * std::abs(expected));
        }
    }
}

TEST(SpectralNormGan, NormalisesEveryLayerOfTheDiscriminatorAndNoBatch) {
    for (const GanOptions& options :
         {GanOptions{.size = 28}, GanOptions{.size = 32}, GanOptions{.architecture = GanArchitecture::dense}}) {
        GanOptions spectral = options;
        spectral.base_width = 4;
        spectral.discriminator_norm = DiscriminatorNorm::spectral;
        GanNetworks networks(spectral);
        int weights = 0, biases = 0;
        for (const Parameter& each : networks.gan.discriminator().parameters()) {
            if (each.name.ends_with("weight_orig")) ++weights;
            if (each.name.ends_with("bias")) ++biases;
            EXPECT_EQ(each.name.find("norm"), std::string::npos) << each.name;
            EXPECT_FALSE(each.name.ends_with("weight")) << each.name;
        }
        EXPECT_EQ(weights, biases) << "of a discriminator of " << spectral.size << " pixels";
        const NoGrad no_grad;
        const Tensor images = Tensor::full({2, spectral.size, spectral.size, 1}, 0.5, Device::cpu());
        for (int pass = 0; pass < 20; ++pass) networks.gan.discriminate(images);  // settles the power iteration
        networks.gan.discriminator().train(false);
        const float before = networks.gan.discriminate(images).to_floats()[0];
        // A layer's scale is divided out, up to its bias, which starts at 0 in the DCGANs.
        if (spectral.architecture == GanArchitecture::dense) continue;
        for (Parameter each : networks.gan.discriminator().parameters()) {
            if (!each.name.ends_with("weight_orig")) continue;
            std::vector<float> values = each.tensor.to_floats();
            for (float& value : values) value *= 8;
            each.tensor.assign(std::span<const float>(values));
        }
        EXPECT_NEAR(networks.gan.discriminate(images).to_floats()[0], before, 1e-5f * std::abs(before));
    }
}

TEST(Gan, RefusesWhatItCannotBuildOrJudge) {
    expect_usage_error([] { GanNetworks({.size = 48}); }, {"[gan]", "16, 28, 32, 64, 128 or 256", "48", "dense"});
    expect_usage_error([] { GanNetworks({.channels = 0}); }, {"[gan]", "at least one"});
    GanNetworks networks({.size = 28, .latent = 5, .base_width = 2});
    expect_usage_error(
        [&] {
            networks.gan.generate(Tensor::zeros({2, 6}, Device::cpu()));
        },
        {"[gan]", "[batch, 5]", "2x6"});
    expect_usage_error(
        [&] {
            networks.gan.discriminate(Tensor::zeros({2, 32, 32, 1}, Device::cpu()));
        },
        {"[gan]", "2x28x28x1", "2x32x32x1"});
}

}  // namespace
}  // namespace sinter::tests
