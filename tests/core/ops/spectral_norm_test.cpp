// Layers under spectral normalisation: agreement with PyTorch, when their vectors move, and what a checkpoint holds.
#include "core/ops/spectral_norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/nn/layers.h"
#include "core/ops/reduce.h"
#include "core/tape.h"
#include "core/train/checkpoint.h"
#include "core/watch.h"
#include "tests/common/errors.h"
#include "tests/common/fixtures.h"
#include "tests/common/gradient_check.h"
#include "tests/common/temporary_folder.h"

namespace sinter::tests {
namespace {

Tensor state(const Module& module, const std::string& name) {
    for (const Parameter& p : module.state()) {
        if (p.name == name) return p.tensor;
    }
    ADD_FAILURE() << "the module has no " << name;
    return {};
}

/// u and v of a layer, as values.
std::pair<std::vector<double>, std::vector<double>> vectors(const Module& layer) {
    return {state(layer, "weight_u").to_doubles(), state(layer, "weight_v").to_doubles()};
}

std::vector<double> stored(const std::string& name) {
    static const SafetensorsFile ops = open_fixture("ops.safetensors");
    return fixture_values(ops, name);
}

/// Three passes in training and one in evaluation, with the weight and u of a case of ops.safetensors.
void expect_case(Layer& layer, const std::string& name, const Shape& shape) {
    state(layer, "weight_orig").assign(std::span<const double>(stored(name + ".w")));
    state(layer, "weight_u").assign(std::span<const double>(stored(name + ".u")));
    const Tensor x = Tensor::from(std::span<const double>(stored(name + ".x")), shape, Device::reference());
    const auto expect_equal = [&](const Tensor& actual, const char* array) {
        // Roundings of 1.1e-16 in sums of some ten terms.
        expect_close(actual.to_doubles(), stored(name + array), 1e-13, 1e-13, name + array);
    };
    Tensor y;
    for (int pass = 0; pass < 3; ++pass) y = layer.forward(x);
    expect_equal(y, ".y");
    expect_equal(state(layer, "weight_u"), ".moved_u");
    expect_equal(state(layer, "weight_v"), ".moved_v");
    layer.train(false);
    expect_equal(layer.forward(x), ".y_eval");
}

TEST(SpectralNorm, OfLayersAgreesWithPyTorch) {
    Generator generator(1, Device::reference());
    Linear linear(4, 3, generator, {.bias = false, .spectral_norm = true});
    expect_case(linear, "spectral_norm_linear", {5, 4});
    Conv2d conv(2, 3, 3, generator, {.bias = false, .spectral_norm = true});
    expect_case(conv, "spectral_norm_conv2d", {2, 4, 5, 2});
}

TEST(SpectralNorm, MakesTheLargestSingularValueOne) {
    Generator generator(2, Device::reference());
    Linear layer(3, 3, generator, {.bias = false, .spectral_norm = true});
    const std::vector<double> diagonal = {3, 0, 0, 0, -2, 0, 0, 0, 1},
                              expected = {1, 0, 0, 0, -2.0 / 3, 0, 0, 0, 1.0 / 3};
    state(layer, "weight_orig").assign(std::span<const double>(diagonal));
    const std::vector<double> unit = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    const Tensor x = Tensor::from(std::span<const double>(unit), {3, 3}, Device::reference());
    // Each pass shrinks the share of the second singular value in sigma by (2/3)^2; it starts below 1000 times the
    // first.
    for (int pass = 0; pass < 60; ++pass) layer.forward(x);
    expect_close(layer.forward(x).to_doubles(), expected, 1e-12, 0, "identity through the layer");
}

TEST(SpectralNorm, StartsWithUnitVectorsThatFitTheWeight) {
    Generator generator(3, Device::reference());
    const Conv2d layer(2, 5, 3, generator, {.spectral_norm = true});
    EXPECT_EQ(layer.parameters().front().name, "weight_orig");
    EXPECT_EQ(state(layer, "weight_u").shape().text(), "5");
    EXPECT_EQ(state(layer, "weight_v").shape().text(), "3x3x2");
    EXPECT_FALSE(state(layer, "weight_u").requires_grad());
    for (const char* name : {"weight_u", "weight_v"}) {
        double squares = 0;
        for (const double value : state(layer, name).to_doubles()) squares += value * value;
        EXPECT_NEAR(squares, 1, 1e-14) << name;
    }
    const Conv2d other(2, 5, 3, generator, {.spectral_norm = true});
    EXPECT_NE(vectors(other), vectors(layer)) << "drawn from the generator";
}

TEST(SpectralNorm, MovesItsVectorsOnlyInTraining) {
    Generator generator(4, Device::reference());
    Linear layer(4, 3, generator, {.spectral_norm = true});
    const Tensor x = away_from_zero({2, 4}, 1);
    auto before = vectors(layer);
    {
        const Frozen frozen(layer);  // as a discriminator is in the generator's turn
        EXPECT_FALSE(layer.forward(x).requires_grad());
        EXPECT_NE(vectors(layer), before);
    }
    before = vectors(layer);
    layer.train(false);
    layer.forward(x);
    EXPECT_EQ(vectors(layer), before);
    layer.train();
    const Watch watch;  // a step is taken a second time
    layer.forward(x);
    EXPECT_EQ(vectors(layer), before);
}

TEST(SpectralNorm, OfOneStepKeepsTheVectorsOfEachPass) {
    Generator generator(5, Device::reference());
    const Tensor weight = away_from_zero({4, 3}, 2);
    const auto gradient_of_first_pass = [&](int later_passes) {
        Tensor leaf = Tensor::from(std::span<const double>(weight.to_doubles()), weight.shape(), weight.device());
        leaf.set_requires_grad(true);
        SingularVectors moving{Tensor::full({3}, std::sqrt(1.0 / 3), weight.device()),
                               Tensor::zeros({4}, weight.device())};
        const Tensor first = spectral_norm(leaf, moving, true);
        for (int pass = 0; pass < later_passes; ++pass) spectral_norm(leaf, moving, true);
        backward(sum(first));
        return leaf.grad().to_doubles();
    };
    EXPECT_EQ(gradient_of_first_pass(2), gradient_of_first_pass(0));
}

TEST(SpectralNorm, RefusesWhatItCannotNormalise) {
    Generator generator(6, Device::reference());
    const Tensor weight = away_from_zero({4, 3}, 3);
    SingularVectors none, swapped{Tensor::zeros({4}, weight.device()), Tensor::zeros({3}, weight.device())};
    expect_usage_error([&] { spectral_norm(weight, none, true); }, {"[spectral_norm]", "3 and 4", "4x3", "0 and 0"});
    expect_usage_error([&] { spectral_norm(weight, swapped, true); }, {"[spectral_norm]", "got 4 and 3"});
    expect_usage_error([&] { start_power_iteration(Tensor::zeros({3}, weight.device()), generator); },
                       {"[spectral_norm]", "two axes", "got 3"});
    expect_usage_error([&] { ConvTranspose2d(2, 3, 4, generator, {.spectral_norm = true}); },
                       {"[conv2d_transpose]", "Linear and Conv2d"});
}

/// A discriminator of both kinds of layers.
struct Normalised : Module {
    explicit Normalised(std::uint64_t seed) : generator(seed, Device::cpu()) {
        layers.add<Conv2d>("conv", 2, 3, 2, generator, Conv2dOptions{.spectral_norm = true});
        layers.add<Flatten>("flat");
        layers.add<Linear>("score", 12, 1, generator, LinearOptions{.spectral_norm = true});
        add_module("layers", layers);
    }
    std::vector<float> scores() { return layers.forward(Tensor::full({1, 3, 3, 2}, 0.5, Device::cpu())).to_floats(); }
    Generator generator;
    Sequential layers;
};

TEST(SpectralNorm, TravelsInCheckpointsInPyTorchsOrder) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "normalised.safetensors";
    Normalised saved(1), restored(2);
    saved.scores();
    save_checkpoint(path, std::vector<CheckpointPart>{{"", &saved}}, {});
    load_checkpoint(path, std::vector<CheckpointPart>{{"", &restored}});
    for (int pass = 0; pass < 2; ++pass) EXPECT_EQ(restored.scores(), saved.scores()) << "pass " << pass;
    restored.train(false);
    saved.train(false);
    EXPECT_EQ(restored.scores(), saved.scores());

    load_checkpoint(path, std::vector<CheckpointPart>{{"", &saved}});
    const SafetensorsFile file = SafetensorsFile::open(path);
    EXPECT_EQ(file.at("layers.conv.weight_orig").shape, (std::vector<std::int64_t>{3, 2, 2, 2}));
    EXPECT_EQ(file.at("layers.conv.weight_u").shape, std::vector<std::int64_t>{3});
    EXPECT_EQ(file.at("layers.score.weight_v").shape, std::vector<std::int64_t>{12});
    EXPECT_EQ(file.at("layers.conv.weight_v").shape, std::vector<std::int64_t>{8});
    // [in, height, width] in the file, [height, width, in] in memory.
    const std::vector<float> in_file = entry_values<float>(file.at("layers.conv.weight_v"));
    const std::vector<float> in_memory = state(saved, "layers.conv.weight_v").to_floats();
    for (std::size_t in = 0; in < 2; ++in) {
        for (std::size_t tap = 0; tap < 4; ++tap) EXPECT_EQ(in_file.at(in * 4 + tap), in_memory.at(tap * 2 + in));
    }
}

}  // namespace
}  // namespace sinter::tests
