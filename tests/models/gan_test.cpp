// The networks of the GANs: their published sizes, what they make of their inputs, and what they refuse.
#include "models/gan.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/ops/random.h"
#include "core/tape.h"
#include "tests/models/gan_networks.h"
#include "tests/ops/errors.h"

namespace sinter::testing_models {
namespace {

using testing_ops::expect_usage_error;

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
    GanNetworks dense({.arch = "dense"});
    EXPECT_EQ(dense.gan.generator().parameter_count(), 101 * 256 + 257 * 512 + 513 * 784);
    EXPECT_EQ(dense.gan.discriminator().parameter_count(), 785 * 512 + 513 * 256 + 257);
}

TEST(Gan, MakesImagesOfItsSizeAndJudgesThem) {
    for (const GanOptions& options : {GanOptions{.size = 28}, GanOptions{.size = 32}, GanOptions{.size = 64},
                                      GanOptions{.arch = "dense", .size = 13}}) {
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

TEST(Gan, RefusesWhatItCannotBuildOrJudge) {
    expect_usage_error([] { GanNetworks({.size = 48}); }, {"[gan]", "28, 32 or 64", "48", "dense"});
    expect_usage_error([] { GanNetworks({.arch = "transformer"}); }, {"[gan]", "dcgan or dense", "'transformer'"});
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
}  // namespace sinter::testing_models
