// The first twenty training steps of the dense VAE against PyTorch's, from the same weights, images and noise
// (tests/fixtures/vae.safetensors and its README).
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/ops/random.h"
#include "core/optim/optimizer.h"
#include "core/tape.h"
#include "models/vae.h"
#include "tests/ops/fixtures.h"

namespace sinter {
namespace {

using namespace testing_ops;

constexpr Index kBatch = 32, kPixels = 784;
constexpr int kSteps = 20;

const SafetensorsFile& file() {
    static const SafetensorsFile vae = open_fixture("vae.safetensors");
    return vae;
}

/// Images of step s: address (8, 0, s); the top byte of a word, half of them black, times 1/255 in float.
Tensor images(Generator& generator, int step) {
    generator.start_step(static_cast<std::uint64_t>(step));
    std::vector<float> pixels = random_uniform({kBatch, kPixels}, 0, 1, generator).to_floats();
    for (float& pixel : pixels) {
        const int top = static_cast<int>(pixel * 256);
        pixel = static_cast<float>(std::max(0, top - 128) * 2) * (1.0f / 255);
    }
    return Tensor::from(std::span<const float>(pixels), {kBatch, kPixels}, generator.device());
}

/// Overwrites the parameters with the float32 weights that PyTorch started from: parameter p is uniform in
/// +-1/sqrt(fan_in) at the address (7, p, 0). On the reference device Vae itself draws them in double.
void round_initial_weights(const Vae& vae, Device device) {
    Generator generator(7, device);
    float bound = 0;
    for (Parameter parameter : vae.parameters()) {
        if (parameter.tensor.shape().rank() == 2) {
            bound = static_cast<float>(1 / std::sqrt(static_cast<double>(parameter.tensor.size(0))));
        }
        std::vector<float> values = random_uniform(parameter.tensor.shape(), 0, 1, generator).to_floats();
        for (float& value : values) value = -bound + 2 * bound * value;
        parameter.tensor.assign(std::span<const float>(values));
    }
}

struct Bounds {
    double loss, kl;     ///< relative, of the curves
    double weights;      ///< absolute, of the parameters after the last step
    double first_norms;  ///< relative, of the first gradients
};

double norm(const Tensor& tensor) {
    double squares = 0;
    for (const double value : tensor.to_doubles()) squares += value * value;
    return std::sqrt(squares);
}

void expect_first_elements(const Vae& vae, const std::string& when, double absolute) {
    for (const Parameter& parameter : vae.parameters()) {
        std::vector<double> values = parameter.tensor.to_doubles();
        values.resize(8);
        expect_close(values, fixture_values(file(), when + "." + parameter.name), absolute, 0,
                     when + "." + parameter.name);
    }
}

/// Trains twenty steps of `vae` and compares every number that the file holds.
void expect_pytorchs_training(Vae& vae, Device device, const Bounds& bounds) {
    Adam adam(vae);
    Generator image_source(8, device), noise(9, device);
    std::map<std::string, std::vector<double>> curves;
    for (int step = 1; step <= kSteps; ++step) {
        const Tensor batch = images(image_source, step);
        noise.start_step(static_cast<std::uint64_t>(step));
        if (step == 1) {
            std::vector<double> start = batch.to_doubles();
            start.resize(8);
            expect_close(start, fixture_values(file(), "start.images"), 0, 0, "start.images");
        }
        const Vae::Losses losses = vae.losses(batch, noise);
        adam.clear_gradients();
        backward(losses.total);
        if (step == 1) {
            for (const Parameter& parameter : vae.parameters()) {
                const double expected = fixture_values(file(), "gradient_norm." + parameter.name)[0];
                EXPECT_NEAR(norm(parameter.tensor.grad()), expected, bounds.first_norms * expected) << parameter.name;
            }
        }
        adam.step(1e-3);
        curves["loss"].push_back(losses.total.item());
        curves["recon"].push_back(losses.reconstruction.item());
        curves["kl"].push_back(losses.kl.item());
    }
    expect_close(curves["loss"], fixture_values(file(), "float64.loss"), 0, bounds.loss, "loss");
    expect_close(curves["recon"], fixture_values(file(), "float64.recon"), 0, bounds.loss, "recon");
    expect_close(curves["kl"], fixture_values(file(), "float64.kl"), 0, bounds.kl, "kl");
    expect_first_elements(vae, "final", bounds.weights);
}

// The file's README derives the bounds from the distance between PyTorch's own float32 and float64 runs.
TEST(VaeFixture, FirstTwentyStepsAgreeWithPyTorchOnTheCpu) {
    Generator init(7, Device::cpu());
    Vae vae({}, init);
    expect_first_elements(vae, "start", 0);
    expect_pytorchs_training(vae, Device::cpu(), {1e-6, 1e-5, 1e-5, 1e-5});
}

// In double only the order of sums differs, by some 1e-14 a step; Adam's division by sqrt(v) amplifies it where v is
// small. What is left is far below any fault of an op.
TEST(VaeFixture, FirstTwentyStepsAgreeWithPyTorchInDouble) {
    Generator init(7, Device::reference());
    Vae vae({}, init);
    expect_first_elements(vae, "start", 3e-8);  // drawn in double: off by float32 roundings of 0.22
    round_initial_weights(vae, Device::reference());
    expect_first_elements(vae, "start", 0);
    expect_pytorchs_training(vae, Device::reference(), {1e-12, 1e-10, 1e-10, 1e-12});
}

TEST(VaeFixture, HasTheParameterCountOfPyTorchsExample) {
    Generator init(7, Device::cpu());
    EXPECT_EQ(Vae({}, init).parameter_count(), 652824);
}

}  // namespace
}  // namespace sinter
