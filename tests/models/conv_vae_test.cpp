// The architecture of the convolutional VAE: its published size, the images that it takes, and its gradient.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/ops/random.h"
#include "core/tape.h"
#include "models/vae/vae.h"
#include "tests/common/errors.h"

namespace sinter {
namespace {

using tests::expect_usage_error;

VaeOptions conv(Index height, Index width, Index channels, Index latent) {
    return {.architecture = VaeArchitecture::conv,
            .height = height,
            .width = width,
            .channels = channels,
            .latent = latent};
}

TEST(ConvVae, HasTheSizeOfKerasExample) {
    Generator init(1, Device::cpu());
    const Vae vae(conv(28, 28, 1, 2), init);
    Index decoder = 0;
    for (const Parameter& parameter : vae.parameters()) {
        if (parameter.name.rfind("decoder.", 0) == 0) decoder += parameter.tensor.count();
    }
    EXPECT_EQ(vae.parameter_count() - decoder, 69'076);
    EXPECT_EQ(decoder, 65'089);
}

TEST(ConvVae, StartsLikeKeras) {
    Generator init(1, Device::cpu());
    const Vae vae(conv(28, 28, 1, 2), init);
    for (const auto& [name, fans] : {std::pair("encoder.hidden.weight", 3136.0 + 16),
                                     {"encoder.heads.weight", 16.0 + 2},  // of one head
                                     {"decoder.up2.weight", 9 * (64.0 + 32)}}) {
        for (const Parameter& parameter : vae.parameters()) {
            if (parameter.name != name) continue;
            double largest = 0;
            for (const double value : parameter.tensor.to_doubles()) largest = std::max(largest, std::abs(value));
            const double bound = std::sqrt(6 / fans);
            EXPECT_LE(largest, bound) << name;
            EXPECT_GT(largest, 0.9 * bound) << name;
        }
    }
    for (const Parameter& parameter : vae.parameters()) {
        if (parameter.tensor.shape().rank() > 1) continue;
        for (const double value : parameter.tensor.to_doubles()) ASSERT_EQ(value, 0) << parameter.name;
    }
}

TEST(ConvVae, HasAStageForEveryHalving) {
    using Widths = std::vector<Index>;
    EXPECT_EQ(vae_conv_widths(28, 28), (Widths{32, 64}));
    EXPECT_EQ(vae_conv_widths(32, 32), (Widths{32, 64, 128}));
    EXPECT_EQ(vae_conv_widths(64, 64), (Widths{32, 64, 128, 256}));
    EXPECT_EQ(vae_conv_widths(128, 64), (Widths{32, 64, 128, 256, 256}));
    EXPECT_EQ(vae_conv_widths(2, 6), (Widths{32}));
}

TEST(ConvVae, RefusesImagesThatItCannotHalve) {
    expect_usage_error([] { vae_conv_widths(30, 28); }, {"[vae]", "30x28 become 15x14", "dense"});
    expect_usage_error([] { vae_conv_widths(7, 7); }, {"7x7 become 7x7"});
    expect_usage_error([] { vae_conv_widths(1, 1); }, {"1x1"});
    Generator init(1, Device::cpu());
    expect_usage_error([&] { Vae(conv(0, 28, 1, 2), init); }, {"[vae]", "at least one pixel"});
    expect_usage_error([&] { Vae(conv(28, 28, 1, 0), init); }, {"at least one latent unit"});
    Vae vae(conv(28, 28, 1, 2), init);
    expect_usage_error(
        [&] {
            vae.encode(Tensor::zeros({3, 28, 28, 3}, Device::cpu()));
        },
        {"[vae] expected images 3x28x28x1, got 3x28x28x3"});
}

TEST(ConvVae, TakesAndGivesImagesOfItsSize) {
    for (const VaeOptions& options : {conv(32, 32, 3, 128), conv(64, 64, 3, 5), conv(16, 24, 2, 3)}) {
        Generator init(1, Device::cpu());
        Vae vae(options, init);
        const NoGrad no_grad;
        const Shape shape{2, options.height, options.width, options.channels};
        const Tensor codes = vae.encode(Tensor::full(shape, 0.5, Device::cpu()));
        EXPECT_EQ(codes.shape(), (Shape{2, options.latent}));
        const Tensor images = vae.decode(codes);
        EXPECT_EQ(images.shape(), shape);
        for (const float pixel : images.to_floats()) ASSERT_TRUE(pixel > 0 && pixel < 1) << pixel;
    }
}

Tensor uniform(const Shape& shape, double low, double high, std::uint64_t seed) {
    Generator generator(seed, Device::reference());
    return random_uniform(shape, low, high, generator);
}

/// The loss of a model at the noise of step 3.
struct LossUnderTest {
    LossUnderTest(const VaeOptions& options, Index batch)
        : init(2, Device::reference()),
          noise(3, Device::reference()),
          vae(options, init),
          images(uniform({batch, options.height, options.width, options.channels}, 0, 1, 4)) {
        std::vector<std::int32_t> classes;
        for (Index i = 0; options.classes > 0 && i < batch; ++i)
            classes.push_back(static_cast<std::int32_t>(i % options.classes));
        labels = Buffer<std::int32_t>(std::span<const std::int32_t>(classes), Device::reference());
        // With zero biases a unit whose inputs are all zero sits on the kink of its ReLU.
        for (const Parameter& parameter : vae.parameters()) {
            Tensor bias = parameter.tensor;
            if (bias.shape().rank() == 1) bias.assign(uniform(bias.shape(), -0.5, 0.5, 5));
        }
    }
    Tensor loss() {
        noise.start_step(3);
        return vae.losses(images, noise, Tensor::full({1}, 0.7, Device::reference()), labels).total;
    }

    Generator init, noise;
    Vae vae;
    Tensor images;
    Buffer<std::int32_t> labels;
};

/// Compares the slope of the loss along a random direction of every parameter with central differences, whose error is
/// eps^(2/3) times magnitudes (see tests/common/gradient_check.cpp).
void expect_gradient(const VaeOptions& options) {
    LossUnderTest test(options, 3);
    backward(test.loss());
    const double step = std::cbrt(std::numeric_limits<double>::epsilon());
    std::uint64_t seed = 100;
    for (const Parameter& parameter : test.vae.parameters()) {
        Tensor tensor = parameter.tensor;
        ASSERT_TRUE(tensor.grad().defined()) << parameter.name;
        const std::vector<double> gradient = tensor.grad().to_doubles(), at = tensor.to_doubles();
        std::vector<double> direction = uniform(tensor.shape(), -1, 1, ++seed).to_doubles();
        double slope = 0, length = 0;
        for (const double value : direction) length += value * value;
        for (std::size_t i = 0; i < at.size(); ++i) {
            direction[i] /= std::sqrt(length);
            slope += gradient[i] * direction[i];
        }
        const auto moved = [&](double distance) {
            std::vector<double> place = at;
            for (std::size_t i = 0; i < at.size(); ++i) place[i] += distance * direction[i];
            tensor.assign(std::span<const double>(place));
            return test.loss().item();
        };
        const double above = moved(step), below = moved(-step), here = moved(0);
        const double tolerance = 200 * step * step * (std::abs(here) + std::abs(slope));
        EXPECT_NEAR(slope, (above - below) / (2 * step), tolerance) << parameter.name;
        EXPECT_GT(std::abs(slope), 10 * tolerance) << parameter.name << ": nothing was compared";
    }
}

TEST(ConvVae, HasTheGradientOfItsLoss) { expect_gradient(conv(8, 8, 1, 2)); }

TEST(ConvVae, HasTheGradientOfItsLossOnColourWithAGaussianLikelihood) {
    VaeOptions options = conv(4, 6, 3, 3);
    options.likelihood = Likelihood::gaussian;
    expect_gradient(options);
}

TEST(DcganVae, HasTheGradientOfItsLoss) {
    expect_gradient({.architecture = VaeArchitecture::dcgan,
                     .height = 16,
                     .width = 16,
                     .base_width = 1,
                     .latent = 2,
                     .classes = 2});
}

TEST(ConditionalVae, HasTheGradientOfItsLoss) {
    VaeOptions options = conv(4, 4, 1, 2);
    options.classes = 2;
    expect_gradient(options);
    expect_gradient({.height = 3, .width = 2, .channels = 2, .hidden = {5, 4}, .latent = 2, .classes = 3});
}

}  // namespace
}  // namespace sinter
