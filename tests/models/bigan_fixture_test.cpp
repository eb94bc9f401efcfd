// The first ten training steps of small bidirectional GANs against PyTorch's, from the same weights, images, codes and
// noise (tests/fixtures/bigan.safetensors and its README).
#include <gtest/gtest.h>

#include <map>

#include "core/tape.h"
#include "tests/common/fixtures.h"
#include "tests/models/bigan_networks.h"
#include "tests/models/gan_networks.h"

namespace sinter::tests {
namespace {

constexpr Index kBatch = 8, kLatent = 16, kWidth = 4;
constexpr int kSteps = 10;
constexpr std::uint64_t kWeightSeed = 31, kImageSeed = 32, kNoiseSeed = 33;
constexpr double kRate = 2e-4;
constexpr AdamOptions kAdam{.beta1 = 0.5, .weight_decay = 1e-2};

const SafetensorsFile& file() {
    static const SafetensorsFile bigan = open_fixture("bigan.safetensors");
    return bigan;
}

/// The three networks, by their names in the file.
std::map<std::string, Module*> networks(BiGan& bigan) {
    return {
        {"generator.", &bigan.generator()}, {"encoder.", &bigan.encoder()}, {"discriminator.", &bigan.discriminator()}};
}

/// Overwrites all parameters with what PyTorch started from: float32, uniform in 1 +- 0.1 for gamma, in +-0.1 for all
/// others; parameter p of generator, encoder and discriminator together is draw p.
void start_like_pytorch(BiGan& bigan, Device device) {
    Generator generator(kWeightSeed, device);
    for (Module* network : {&bigan.generator(), &bigan.encoder(), &bigan.discriminator()}) {
        for (Parameter parameter : network->parameters()) {
            const bool gamma = parameter.name.find("norm") != std::string::npos && parameter.name.ends_with("weight");
            const float low = gamma ? 0.9f : -0.1f;
            std::vector<float> values = random_uniform(parameter.tensor.shape(), 0, 1, generator).to_floats();
            for (float& value : values) value = low + 0.2f * value;
            parameter.tensor.assign(std::span<const float>(values));
        }
    }
}

Tensor images(Generator& generator, Index size, Index count, int step) {
    generator.start_step(static_cast<std::uint64_t>(step));
    return random_uniform({count, size, size, 1}, 0, 1, generator);
}

struct Bounds {
    double losses;      ///< relative
    double state;       ///< absolute, of parameters and running statistics after the last step
    double evaluation;  ///< absolute, of pixels
};

/// Trains ten steps and compares everything that the file holds of a case.
void expect_pytorchs_training(const std::string& fixture, const BiGanOptions& options, Device device,
                              const Bounds& bounds) {
    BiGanRun run(options, kAdam, kNoiseSeed, device);
    start_like_pytorch(run.bigan, device);
    Generator image_source(kImageSeed, device);

    std::map<std::string, std::vector<double>> curves;
    for (int step = 1; step <= kSteps; ++step) {
        const Tensor x = images(image_source, options.size, kBatch, step);
        run.noise.start_step(static_cast<std::uint64_t>(step));
        run.training.prepare({kRate, kRate});
        const StepNumbers numbers = run.training.pass(x);
        for (const char* name : {"loss_d", "loss_g", "d_real", "d_fake"}) curves[name].push_back(value(numbers, name));
    }
    for (const auto& [name, curve] : curves)
        expect_close(curve, fixture_values(file(), fixture + "." + name), 0, bounds.losses, name);
    for (const auto& [prefix, network] : networks(run.bigan)) {
        for (const Parameter& each : network->state()) {
            const std::vector<double> expected = fixture_values(file(), fixture + ".final." + prefix + each.name);
            std::vector<double> values = each.tensor.to_doubles();
            values.resize(expected.size());
            expect_close(values, expected, bounds.state, 0, prefix + each.name);
        }
    }
    const NoGrad no_grad;
    const Evaluating evaluating(run.bigan.generator_and_encoder());
    const Tensor x = images(image_source, options.size, 2, kSteps + 1);
    expect_close(run.bigan.generate(run.bigan.encode(x)).to_doubles(), fixture_values(file(), fixture + ".evaluation"),
                 bounds.evaluation, 0, "evaluation");
}

constexpr BiGanOptions kMlp{.size = 8, .latent = kLatent, .base_width = kWidth};
constexpr BiGanOptions kConv{.architecture = BiGanArchitecture::conv,
                             .encoder = BiGanEncoder::stochastic,
                             .size = 32,
                             .latent = kLatent,
                             .base_width = kWidth};

// In double only the order of sums differs.
TEST(BiGanFixture, MlpAgreesWithPyTorchInDouble) {
    expect_pytorchs_training("mlp", kMlp, Device::reference(), {1e-12, 1e-12, 1e-12});
}

TEST(BiGanFixture, ConvWithAStochasticEncoderAgreesWithPyTorchInDouble) {
    expect_pytorchs_training("conv", kConv, Device::reference(), {1e-12, 1e-12, 1e-12});
}

// The file's README derives the bounds from the distance between PyTorch's own float32 and float64 runs.
TEST(BiGanFixture, MlpAgreesWithPyTorchOnTheCpu) {
    expect_pytorchs_training("mlp", kMlp, Device::cpu(), {1e-6, 2e-6, 5e-7});
}

TEST(BiGanFixture, ConvWithAStochasticEncoderAgreesWithPyTorchOnTheCpu) {
    expect_pytorchs_training("conv", kConv, Device::cpu(), {1e-6, 2e-6, 5e-7});
}

}  // namespace
}  // namespace sinter::tests
