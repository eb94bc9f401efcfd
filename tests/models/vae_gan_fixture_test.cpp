// The first ten training steps of a narrow VAE-GAN, some of which hold a player, against PyTorch's, from the same
// weights, images, noise and codes (tests/fixtures/vae_gan.safetensors and its README).
#include <gtest/gtest.h>

#include <map>

#include "core/tape.h"
#include "tests/common/fixtures.h"
#include "tests/models/vae_gan_networks.h"

namespace sinter::tests {
namespace {

constexpr Index kBatch = 8;
constexpr int kSteps = 10;
constexpr std::uint64_t kWeightSeed = 31, kNoiseSeed = 33, kEvaluationStep = 1000;

const SafetensorsFile& file() {
    static const SafetensorsFile vae_gan = open_fixture("vae_gan.safetensors");
    return vae_gan;
}

std::map<std::string, Module*> networks_of(VaeGan& model) {
    return {{"encoder.", &model.encoder()},
            {"generator.", &model.gan().generator()},
            {"discriminator.", &model.gan().discriminator()}};
}

/// As in gan_fixture_test.cpp; the encoder's parameters come first.
void start_like_pytorch(VaeGan& model, Device device) {
    Generator generator(kWeightSeed, device);
    for (Module* network : {&model.encoder(), &model.gan().generator(), &model.gan().discriminator()}) {
        for (Parameter parameter : network->parameters()) {
            const bool gamma = parameter.name.find("norm") != std::string::npos && parameter.name.ends_with("weight");
            const float low = gamma ? 0.9f : -0.1f;
            std::vector<float> values = random_uniform(parameter.tensor.shape(), 0, 1, generator).to_floats();
            for (float& value : values) value = low + 0.2f * value;
            parameter.tensor.assign(std::span<const float>(values));
        }
    }
}

struct Bounds {
    double losses;      ///< relative
    double state;       ///< absolute, of parameters and running statistics after the last step
    double evaluation;  ///< absolute, of pixels
};

void expect_pytorchs_training(const std::string& fixture, bool discriminate_reconstructions, Device device,
                              const Bounds& bounds) {
    SCOPED_TRACE(fixture);
    const VaeGanOptions options{
        .networks = {.size = 32, .latent = 16, .base_width = 8, .discriminator_norm = DiscriminatorNorm::batch},
        .feature_layer = 2};
    VaeGanRun run(options,
                  {.gamma = 2,
                   .discriminate_reconstructions = discriminate_reconstructions,
                   .balance = {.equilibrium = 0.68, .margin = 0.05}},
                  {.beta1 = 0.5}, kNoiseSeed, device);
    start_like_pytorch(run.model, device);

    std::map<std::string, std::vector<double>> curves;
    for (int step = 1; step <= kSteps; ++step) {
        const StepNumbers numbers = run.step(kBatch, 5e-4);
        for (int i = 0; i < numbers.count; ++i) {
            const char* const name = numbers.names[static_cast<std::size_t>(i)];
            curves[name].push_back(value(numbers, name));
        }
    }
    EXPECT_EQ(curves.size(), 8u);
    for (const auto& [name, curve] : curves)
        expect_close(curve, fixture_values(file(), fixture + "." + name), 0, bounds.losses, name);
    for (const auto& [prefix, network] : networks_of(run.model)) {
        for (const Parameter& each : network->state()) {
            const std::vector<double> expected = fixture_values(file(), fixture + ".final." + prefix + each.name);
            std::vector<double> values = each.tensor.to_doubles();
            values.resize(expected.size());
            expect_close(values, expected, bounds.state, 0, prefix + each.name);
        }
        network->train(false);
    }
    run.start_step(kEvaluationStep);
    const NoGrad no_grad;
    const Tensor shown = run.real(kBatch).view({2, 32, 32, 1}, 0);
    expect_close(run.model.reconstruct(shown).to_doubles(), fixture_values(file(), fixture + ".evaluation"),
                 bounds.evaluation, 0, "evaluation");
}

// In double only the order of sums differs.
TEST(VaeGanFixture, AgreesWithPyTorchInDouble) {
    expect_pytorchs_training("all_fakes", true, Device::reference(), {1e-12, 1e-12, 1e-12});
    expect_pytorchs_training("samples", false, Device::reference(), {1e-12, 1e-12, 1e-12});
}

// The file's README derives the bounds from the distance between PyTorch's own float32 and float64 runs, and says why
// `samples` is not compared here.
TEST(VaeGanFixture, AgreesWithPyTorchOnTheCpu) {
    expect_pytorchs_training("all_fakes", true, Device::cpu(), {4e-6, 2e-6, 1e-6});
}

}  // namespace
}  // namespace sinter::tests
