// The first training steps of the VAEs against PyTorch's, from the same weights, images, labels and noise
// (tests/fixtures/vae.safetensors, conv_vae.safetensors and the README there).
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/ops/random.h"
#include "core/optim/optimizer.h"
#include "core/tape.h"
#include "models/vae/vae.h"
#include "tests/common/fixtures.h"

namespace sinter {
namespace {

using namespace tests;

struct Case {
    const char* file;
    const char* prefix;  ///< of the arrays in the file
    VaeOptions options;
    Index batch;
    int steps;
};

const Case kDense{"vae.safetensors", "", {}, 32, 20};
const Case kConv{"conv_vae.safetensors", "plain.", {.architecture = VaeArchitecture::conv, .latent = 2}, 8, 10};
const Case kConditionalConv{
    "conv_vae.safetensors", "conditional.", {.architecture = VaeArchitecture::conv, .latent = 2, .classes = 10}, 8, 10};

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

/// A model that trains beside PyTorch's numbers.
class Twin {
public:
    Twin(const Case& of, Device device)
        : case_(of),
          device_(device),
          file_(open_fixture(of.file)),
          init_(7, device),
          vae_(of.options, init_),
          image_source_(8, device),
          noise_(9, device),
          label_source_(10, device) {}

    /// The weights as drawn, or in double as drawn and then rounded to float32, from which PyTorch started.
    void expect_its_start() {
        if (device_ == Device::reference()) {
            expect_first_elements("start", 1.2e-7);  // drawn in double: off by two float32 roundings below 1
            round_initial_weights();
        }
        expect_first_elements("start", 0);
    }

    /// Trains and compares every number that the file holds.
    void expect_its_training(const Bounds& bounds) {
        Adam adam(vae_);
        std::map<std::string, std::vector<double>> curves;
        for (int step = 1; step <= case_.steps; ++step) {
            for (Generator* source : {&image_source_, &noise_, &label_source_})
                source->start_step(static_cast<std::uint64_t>(step));
            const Vae::Losses losses = vae_.losses(images(step), noise_, {}, labels());
            adam.clear_gradients();
            backward(losses.total);
            if (step == 1) {
                for (const Parameter& parameter : vae_.parameters()) {
                    const double expected = values("gradient_norm." + parameter.name)[0];
                    EXPECT_NEAR(norm(parameter.tensor.grad()), expected, bounds.first_norms * expected)
                        << parameter.name;
                }
            }
            adam.step(1e-3);
            curves["loss"].push_back(losses.total.item());
            curves["recon"].push_back(losses.reconstruction.item());
            curves["kl"].push_back(losses.kl.item());
        }
        expect_close(curves["loss"], values("float64.loss"), 0, bounds.loss, "loss");
        expect_close(curves["recon"], values("float64.recon"), 0, bounds.loss, "recon");
        expect_close(curves["kl"], values("float64.kl"), 0, bounds.kl, "kl");
        expect_first_elements("final", bounds.weights);
    }

private:
    std::vector<double> values(const std::string& name) const { return fixture_values(file_, case_.prefix + name); }

    /// Images of step s: address (8, 0, s); the top byte of a word, half of them black, times 1/255 in float.
    Tensor images(int step) {
        const Shape shape{case_.batch, 28, 28, 1};
        std::vector<float> pixels = random_uniform(shape, 0, 1, image_source_).to_floats();
        for (float& pixel : pixels) {
            const int top = static_cast<int>(pixel * 256);
            pixel = static_cast<float>(std::max(0, top - 128) * 2) * (1.0f / 255);
        }
        const Tensor batch = Tensor::from(std::span<const float>(pixels), shape, device_);
        if (step == 1) {
            std::vector<double> start = batch.to_doubles();
            start.resize(8);
            expect_close(start, values("start.images"), 0, 0, "start.images");
        }
        return batch;
    }

    /// Labels of the same step, where there are any: address (10, 0, s), ten times a uniform number, rounded down.
    Buffer<std::int32_t> labels() {
        if (case_.options.classes == 0) return {};
        std::vector<std::int32_t> classes;
        for (const double u : random_uniform({case_.batch}, 0, 1, label_source_).to_doubles())
            classes.push_back(static_cast<std::int32_t>(10 * u));
        return {std::span<const std::int32_t>(classes), device_};
    }

    /// Overwrites what was drawn in double with what a model in float32 draws, which is what PyTorch started from.
    void round_initial_weights() {
        Generator init(7, Device::cpu());
        const Vae drawn_in_float(case_.options, init);
        const std::vector<Parameter> rounded = drawn_in_float.parameters(), own = vae_.parameters();
        for (std::size_t i = 0; i < own.size(); ++i) {
            Tensor parameter = own[i].tensor;
            parameter.assign(std::span<const float>(rounded[i].tensor.to_floats()));
        }
    }

    void expect_first_elements(const std::string& when, double absolute) const {
        for (const Parameter& parameter : vae_.parameters()) {
            std::vector<double> first = parameter.tensor.to_doubles();
            first.resize(std::min<std::size_t>(first.size(), 8));
            const std::string name = when + "." + parameter.name;
            expect_close(first, values(name), absolute, 0, name);
        }
    }

    Case case_;
    Device device_;
    SafetensorsFile file_;
    Generator init_;
    Vae vae_;
    Generator image_source_, noise_, label_source_;
};

void expect_pytorchs_training(const Case& of, Device device, const Bounds& bounds) {
    Twin twin(of, device);
    twin.expect_its_start();
    twin.expect_its_training(bounds);
}

// The file's README derives the bounds from the distance between PyTorch's own float32 and float64 runs.
TEST(VaeFixture, FirstStepsAgreeWithPyTorchOnTheCpu) {
    expect_pytorchs_training(kDense, Device::cpu(), {1e-6, 1e-5, 1e-5, 1e-5});
}
TEST(ConvVaeFixture, FirstStepsAgreeWithPyTorchOnTheCpu) {
    expect_pytorchs_training(kConv, Device::cpu(), {1e-6, 5e-5, 1e-4, 1e-5});
}
TEST(ConditionalVaeFixture, FirstStepsAgreeWithPyTorchOnTheCpu) {
    expect_pytorchs_training(kConditionalConv, Device::cpu(), {1e-6, 5e-5, 1e-4, 1e-5});
}

// In double only the order of sums differs, by some 1e-14 a step; Adam's division by sqrt(v) amplifies it where v is
// small. What is left is far below any fault of an op.
TEST(VaeFixture, FirstStepsAgreeWithPyTorchInDouble) {
    expect_pytorchs_training(kDense, Device::reference(), {1e-12, 1e-10, 1e-10, 1e-12});
}
TEST(ConvVaeFixture, FirstStepsAgreeWithPyTorchInDouble) {
    expect_pytorchs_training(kConv, Device::reference(), {1e-12, 1e-10, 1e-10, 1e-12});
}
TEST(ConditionalVaeFixture, FirstStepsAgreeWithPyTorchInDouble) {
    expect_pytorchs_training(kConditionalConv, Device::reference(), {1e-12, 1e-10, 1e-10, 1e-12});
}

}  // namespace
}  // namespace sinter
