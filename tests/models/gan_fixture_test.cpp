// The first ten training steps of narrow DCGANs, and the gradient penalties, against PyTorch's, from the same weights,
// images, codes and dropout masks (tests/fixtures/dcgan.safetensors and its README).
#include <gtest/gtest.h>

#include <map>

#include "core/ops/conv.h"
#include "core/ops/linear.h"
#include "core/ops/shape.h"
#include "core/tape.h"
#include "tests/common/fixtures.h"
#include "tests/models/gan_networks.h"

namespace sinter::tests {
namespace {

using namespace tests;

constexpr Index kBatch = 8, kLatent = 16, kWidth = 8;
constexpr int kSteps = 10;
constexpr std::uint64_t kWeightSeed = 31, kImageSeed = 32, kNoiseSeed = 33, kEvaluationStep = 1000;
constexpr std::uint32_t kPenaltyDraw = 100;

const SafetensorsFile& file() {
    static const SafetensorsFile dcgan = open_fixture("dcgan.safetensors");
    return dcgan;
}

/// Overwrites all parameters with what PyTorch started from: float32, uniform in 1 +- 0.1 for gamma, in +-0.1 for all
/// others; parameter p of both networks together is draw p.
void start_like_pytorch(Gan& gan, Device device) {
    Generator generator(kWeightSeed, device);
    for (Module* network : {&gan.generator(), &gan.discriminator()}) {
        for (Parameter parameter : network->parameters()) {
            const bool gamma = parameter.name.find("norm") != std::string::npos && parameter.name.ends_with("weight");
            const float low = gamma ? 0.9f : -0.1f;
            std::vector<float> values = random_uniform(parameter.tensor.shape(), 0, 1, generator).to_floats();
            for (float& value : values) value = low + 0.2f * value;
            parameter.tensor.assign(std::span<const float>(values));
        }
    }
}

Tensor images(Generator& generator, Index size, int step) {
    generator.start_step(static_cast<std::uint64_t>(step));
    return random_uniform({kBatch, size, size, 1}, -1, 1, generator);
}

struct Trained {
    std::string fixture;
    Index size;
    GanTrainingOptions training;
    double learning_rate;
    AdamOptions adam;
};

const Trained kDcgan28{"dcgan28", 28, {.simultaneous = true}, 1e-4, {}};
const Trained kDcgan32{"dcgan32", 32, {}, 2e-4, {.beta1 = 0.5}};

struct Bounds {
    double losses;      ///< relative
    double state;       ///< absolute, of parameters and running statistics after the last step
    double evaluation;  ///< absolute, of pixels
};

/// Trains ten steps and compares everything that the file holds.
void expect_pytorchs_training(const Trained& like, Device device, const Bounds& bounds) {
    GanNetworks networks({.size = like.size, .latent = kLatent, .base_width = kWidth}, kNoiseSeed, device);
    Gan& gan = networks.gan;
    start_like_pytorch(gan, device);
    Adam generator(gan.generator(), like.adam), discriminator(gan.discriminator(), like.adam);
    GanTraining training(gan, generator, discriminator, networks.noise, like.training);
    Generator image_source(kImageSeed, device);

    std::map<std::string, std::vector<double>> curves;
    for (int step = 1; step <= kSteps; ++step) {
        const Tensor real = images(image_source, like.size, step);
        networks.noise.start_step(static_cast<std::uint64_t>(step));
        training.prepare(step, {like.learning_rate, like.learning_rate});
        const StepNumbers numbers = training.pass(real);
        for (const char* name : {"loss_d", "loss_g", "d_real", "d_fake"}) curves[name].push_back(value(numbers, name));
    }
    for (const auto& [name, curve] : curves) {
        expect_close(curve, fixture_values(file(), like.fixture + "." + name), 0, bounds.losses, name);
    }
    for (const auto& [prefix, network] :
         {std::pair<std::string, Module*>{"generator.", &gan.generator()}, {"discriminator.", &gan.discriminator()}}) {
        for (const Parameter& each : network->state()) {
            const std::vector<double> expected = fixture_values(file(), like.fixture + ".final." + prefix + each.name);
            std::vector<double> values = each.tensor.to_doubles();
            values.resize(expected.size());
            expect_close(values, expected, bounds.state, 0, prefix + each.name);
        }
    }
    gan.generator().train(false);
    networks.noise.start_step(kEvaluationStep);
    const NoGrad no_grad;
    expect_close(gan.generate(networks.codes(2)).to_doubles(), fixture_values(file(), like.fixture + ".evaluation"),
                 bounds.evaluation, 0, "evaluation");
}

// In double only the order of sums differs: by 4e-15 when this was written.
TEST(GanFixture, SimultaneousDcgan28AgreesWithPyTorchInDouble) {
    expect_pytorchs_training(kDcgan28, Device::reference(), {1e-12, 1e-12, 1e-12});
}

TEST(GanFixture, AlternatingDcgan32AgreesWithPyTorchInDouble) {
    expect_pytorchs_training(kDcgan32, Device::reference(), {1e-12, 1e-12, 1e-12});
}

// The file's README derives the bounds from the distance between PyTorch's own float32 and float64 runs.
TEST(GanFixture, SimultaneousDcgan28AgreesWithPyTorchOnTheCpu) {
    expect_pytorchs_training(kDcgan28, Device::cpu(), {1e-6, 2e-6, 5e-7});
}

TEST(GanFixture, AlternatingDcgan32AgreesWithPyTorchOnTheCpu) {
    expect_pytorchs_training(kDcgan32, Device::cpu(), {2e-5, 3e-6, 1.5e-6});
}

/// Uniform in [low, low + width) at the address (seed, draw, 0).
Tensor drawn(const Shape& shape, double low, double width, std::uint64_t seed, std::uint32_t draw) {
    Generator generator(seed, Device::reference(), draw);
    return random_uniform(shape, low, low + width, generator);
}

TEST(GanFixture, PenaltiesAgreeWithPyTorch) {
    const std::pair<std::string, Shape> shapes[] = {{"w1", {3, 3, 2, 3}}, {"b1", {3}}, {"w2", {27, 4}}, {"w3", {4, 1}}};
    std::vector<Tensor> weights;
    for (std::uint32_t i = 0; i < 4; ++i)
        weights.push_back(drawn(shapes[i].second, -0.5, 1, kWeightSeed, kPenaltyDraw + i).set_requires_grad(true));
    const Tensor real = drawn({3, 6, 6, 2}, -1, 2, kImageSeed, kPenaltyDraw);
    const Tensor fake = drawn({3, 6, 6, 2}, -1, 2, kImageSeed, kPenaltyDraw + 1);
    const Discriminate discriminate = [&](const Tensor& x) {
        const ConvOptions options{2, same_padding(6, 3, 2), same_padding(6, 3, 2)};
        const Tensor hidden = conv2d(x, weights[0], weights[1], options, leaky_relu(0.2));
        return linear(linear(reshape(hidden, {3, 27}), weights[2], {}, tanh()), weights[3], {});
    };
    Generator share(kNoiseSeed, Device::reference(), kPenaltyDraw);
    const std::pair<std::string, Tensor> penalties[] = {
        {"gradient_penalty", gradient_penalty(discriminate, real, fake, share)},
        {"r1_penalty", r1_penalty(discriminate, real)}};
    for (const auto& [name, penalty] : penalties) {
        expect_close(penalty.to_doubles(), fixture_values(file(), name + ".value"), 0, 1e-11, name);
        const std::vector<Tensor> found = gradients(penalty, weights);
        for (std::size_t i = 0; i < 4; ++i) {
            const std::string what = name + ".d" + shapes[i].first;
            expect_close(found[i].to_doubles(), fixture_values(file(), what), 1e-11, 0, what);
        }
    }
}

}  // namespace
}  // namespace sinter::tests
