// Layers for images: the shapes they make, agreement with PyTorch's modules, running statistics, and what a checkpoint
// holds of them.
#include "core/nn/layers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "core/ops/arithmetic.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/optim/optimizer.h"
#include "core/tape.h"
#include "core/train/checkpoint.h"
#include "core/watch.h"
#include "tests/common/fixtures.h"
#include "tests/common/gradient_check.h"
#include "tests/common/temporary_folder.h"

namespace sinter::tests {
namespace {

constexpr Padding kOne{1, 1};

std::string shape_text(Layer& layer, const Shape& input) {
    return layer.forward(Tensor::zeros(input, Device::reference())).shape().text();
}

std::vector<std::string> names_and_shapes(const std::vector<Parameter>& tensors) {
    std::vector<std::string> result;
    for (const Parameter& p : tensors) result.push_back(p.name + " " + p.tensor.shape().text());
    return result;
}

/// The array `name` of ops.safetensors, in the shape of `like`, which it overwrites.
void load(Tensor like, const std::string& name) {
    static const SafetensorsFile ops = open_fixture("ops.safetensors");
    like.assign(std::span<const double>(fixture_values(ops, name)));
}

Tensor loaded(const Shape& shape, const std::string& name) {
    const Tensor tensor = Tensor::zeros(shape, Device::reference());
    load(tensor, name);
    return tensor;
}

/// The tensor of a module's state called `name`.
Tensor state(const Module& module, const std::string& name) {
    for (const Parameter& p : module.state()) {
        if (p.name == name) return p.tensor;
    }
    ADD_FAILURE() << "the module has no " << name;
    return {};
}

void expect_equal(const Tensor& actual, const Shape& shape, const std::string& name) {
    ASSERT_EQ(actual.shape().text(), shape.text()) << name;
    const std::vector<double> expected = loaded(shape, name).to_doubles();
    // Double: roundings of 1.1e-16 in sums of up to 75 terms. LeakyReLU's slope is a float, 1.5e-8 above PyTorch's.
    const double bound = name.find("leaky_relu") == std::string::npos ? 1e-13 : 2e-8;
    expect_close(actual.to_doubles(), expected, bound, bound, name);
}

/// Expects that the layer, with the weights of a case of ops.safetensors, makes y of its x.
void expect_case(Layer& layer, const std::string& name, const Shape& x, const Shape& y) {
    load(state(layer, "weight"), name + ".w");
    load(state(layer, "bias"), name + ".b");
    expect_equal(layer.forward(loaded(x, name + ".x")), y, name + ".y");
}

TEST(Conv2d, MakesImagesOfTheSizeThatPyTorchDoes) {
    Generator generator(1, Device::reference());
    Conv2d plain(3, 4, 3, generator), halving(3, 4, 4, generator, {.stride = 2, .padding = kOne});
    EXPECT_EQ(shape_text(plain, {2, 7, 5, 3}), "2x5x3x4");
    EXPECT_EQ(shape_text(halving, {2, 8, 6, 3}), "2x4x3x4");
    EXPECT_EQ(shape_text(halving, {2, 9, 7, 3}), "2x4x3x4") << "the last row and column have no window";
    EXPECT_EQ(names_and_shapes(plain.parameters()), (std::vector<std::string>{"weight 3x3x3x4", "bias 4"}));
    const Conv2d bare(3, 4, 3, generator, {.bias = false});
    EXPECT_EQ(names_and_shapes(bare.parameters()), std::vector<std::string>{"weight 3x3x3x4"});
}

TEST(Conv2d, OfPaddingSameDividesTheSizeByTheStride) {
    Generator generator(1, Device::reference());
    for (const Index kernel : {1, 2, 3, 4, 5}) {
        Conv2d same(1, 2, kernel, generator, {.same = true}),
            half(1, 2, kernel, generator, {.stride = 2, .same = true});
        EXPECT_EQ(shape_text(same, {1, 7, 6, 1}), "1x7x6x2") << kernel;
        EXPECT_EQ(shape_text(half, {1, 7, 6, 1}), "1x4x3x2") << kernel;
        EXPECT_EQ(shape_text(half, {1, 1, 2, 1}), "1x1x1x2") << "one layer takes images of any size, kernel " << kernel;
    }
}

TEST(Conv2d, AgreesWithPyTorch) {
    Generator generator(1, Device::reference());
    Conv2d same(3, 2, 5, generator, {.stride = 2, .same = true});
    expect_case(same, "conv2d_k5s2_same", {2, 7, 6, 3}, {2, 4, 3, 2});
    Conv2d fused(2, 3, 4, generator, {.stride = 2, .padding = kOne, .activation = leaky_relu(0.2f)});
    expect_case(fused, "conv2d_leaky_relu", {2, 5, 6, 2}, {2, 2, 3, 3});
}

TEST(ConvTranspose2d, MakesImagesOfTheSizeThatPyTorchDoes) {
    Generator generator(1, Device::reference());
    ConvTranspose2d doubling(3, 2, 4, generator, {.stride = 2, .padding = kOne}), first(5, 2, 4, generator);
    EXPECT_EQ(shape_text(doubling, {2, 3, 4, 3}), "2x6x8x2");
    EXPECT_EQ(shape_text(first, {2, 1, 1, 5}), "2x4x4x2");
    ConvTranspose2d odd(3, 2, 3, generator, {.stride = 2, .padding = kOne});
    ConvTranspose2d even(3, 2, 3, generator, {.stride = 2, .padding = kOne}, 1);
    EXPECT_EQ(shape_text(odd, {1, 3, 2, 3}), "1x5x3x2");
    EXPECT_EQ(shape_text(even, {1, 3, 2, 3}), "1x6x4x2");
    EXPECT_EQ(names_and_shapes(even.parameters()), (std::vector<std::string>{"weight 3x3x2x3", "bias 2"}));
    const ConvTranspose2d bare(3, 2, 3, generator, {.bias = false});
    EXPECT_EQ(names_and_shapes(bare.parameters()), std::vector<std::string>{"weight 3x3x2x3"});
}

TEST(ConvTranspose2d, OfPaddingSameMultipliesTheSizeByTheStride) {
    Generator generator(1, Device::reference());
    for (const Index kernel : {2, 3, 4, 5}) {
        ConvTranspose2d same(1, 2, kernel, generator, {.same = true});
        ConvTranspose2d twice(1, 2, kernel, generator, {.stride = 2, .same = true});
        EXPECT_EQ(shape_text(same, {1, 7, 6, 1}), "1x7x6x2") << kernel;
        EXPECT_EQ(shape_text(twice, {1, 7, 6, 1}), "1x14x12x2") << kernel;
    }
}

TEST(ConvTranspose2d, AgreesWithPyTorch) {
    Generator generator(1, Device::reference());
    ConvTranspose2d same(3, 2, 5, generator, {.stride = 2, .same = true});
    expect_case(same, "conv2d_transpose_k5s2_same", {2, 4, 3, 3}, {2, 8, 6, 2});
    ConvTranspose2d padded(3, 2, 3, generator, {.stride = 2, .padding = kOne}, 1);
    expect_case(padded, "conv2d_transpose_k3s2p1_output_padding", {2, 3, 2, 3}, {2, 6, 4, 2});
    ConvTranspose2d fused(3, 2, 4, generator, {.stride = 2, .padding = kOne, .activation = tanh()});
    expect_case(fused, "conv2d_transpose_tanh", {2, 3, 2, 3}, {2, 6, 4, 2});
}

// PyTorch reads the fan in of a ConvTranspose2d off its weight's second axis, which is the number of outputs.
TEST(ConvolutionLayers, StartWithinPyTorchsBoundOfTheFanIn) {
    Generator generator(1, Device::reference());
    const auto largest = [](const Layer& layer) { return largest_magnitude(state(layer, "weight").to_doubles()); };
    const double bound = 1 / std::sqrt(8 * 25), transposed_bound = 1 / std::sqrt(20 * 25);
    const Conv2d conv(8, 20, 5, generator);
    const ConvTranspose2d transposed(8, 20, 5, generator);
    // Of 4000 uniform values the largest is below 99 % of the bound with a chance of 0.99^4000 = 3e-18.
    EXPECT_LE(largest(conv), bound);
    EXPECT_GT(largest(conv), 0.99 * bound);
    EXPECT_LE(largest(transposed), transposed_bound);
    EXPECT_GT(largest(transposed), 0.99 * transposed_bound);
}

TEST(LayerNorm, StartsAsPyTorchsDoesAndHasPyTorchsParameters) {
    Generator generator(1, Device::cpu());
    const LayerNorm features({5}, generator), images({2, 3, 4}, generator);
    const LayerNorm channels({2, 3, 4}, generator, {.per_channel = true});
    const auto shapes = [](const LayerNorm& layer) {
        std::string text;
        for (const Parameter& each : layer.parameters()) text += each.name + " " + each.tensor.shape().text() + " ";
        return text;
    };
    EXPECT_EQ(shapes(features), "weight 5 bias 5 ");
    EXPECT_EQ(shapes(images), "weight 2x3x4 bias 2x3x4 ");
    EXPECT_EQ(shapes(channels), "weight 4 bias 4 ");
    EXPECT_EQ(images.parameters()[0].layout.rank, 3);  // channels first in files
    EXPECT_EQ(features.parameters()[0].tensor.to_floats(), std::vector<float>(5, 1));
    EXPECT_EQ(features.parameters()[1].tensor.to_floats(), std::vector<float>(5, 0));
}

TEST(LayerNorm, NormalisesEachImageOfASequentialByItself) {
    Generator generator(1, Device::cpu());
    Sequential layers;
    layers.add<Conv2d>("conv", 2, 3, 1, generator);
    layers.add<LayerNorm>("norm", Shape{4, 4, 3}, generator, LayerNormLayerOptions{.per_channel = true});
    const std::vector<float> y = layers.forward(random_normal({2, 4, 4, 2}, 5, 3, generator)).to_floats();
    for (int image = 0; image < 2; ++image) {
        double sum = 0, squares = 0;
        for (int i = 0; i < 48; ++i) {
            const double value = y[static_cast<std::size_t>(48 * image + i)];
            sum += value;
            squares += value * value;
        }
        EXPECT_NEAR(sum / 48, 0, 1e-6);
        EXPECT_NEAR(squares / 48, 1, 1e-4);
    }
}

TEST(BatchNorm, StartsAsPyTorchsDoesAndLearnsOnlyWeightAndBias) {
    Generator generator(1, Device::reference());
    const BatchNorm layer(3, generator);
    EXPECT_EQ(names_and_shapes(layer.parameters()), (std::vector<std::string>{"weight 3", "bias 3"}));
    EXPECT_EQ(names_and_shapes(layer.state()),
              (std::vector<std::string>{"weight 3", "bias 3", "running_mean 3", "running_var 3"}));
    const std::vector<double> zeros(3, 0), ones(3, 1);
    EXPECT_EQ(state(layer, "weight").to_doubles(), ones);
    EXPECT_EQ(state(layer, "bias").to_doubles(), zeros);
    EXPECT_EQ(state(layer, "running_mean").to_doubles(), zeros);
    EXPECT_EQ(state(layer, "running_var").to_doubles(), ones);
    EXPECT_FALSE(state(layer, "running_mean").requires_grad());
    const BatchNorm drawn(1000, generator, {.gamma_init = init::normal(1, 0.02)});
    EXPECT_NE(state(drawn, "weight").to_doubles(), std::vector<double>(1000, 1));
}

TEST(BatchNorm, LearnsNothingWhereItIsNotAffine) {
    Generator generator(3, Device::cpu());
    BatchNorm plain(3, generator, {.activation = relu(), .affine = false}),
        affine(3, generator, {.activation = relu()});
    EXPECT_TRUE(plain.parameters().empty());
    ASSERT_EQ(plain.state().size(), 2u);
    EXPECT_EQ(plain.state()[0].name, "running_mean");
    const Tensor x = random_normal({7, 3}, 1, 2, generator).set_requires_grad(true);
    EXPECT_EQ(plain.forward(x).to_floats(), affine.forward(x).to_floats());
    EXPECT_EQ(gradient(sum(plain.forward(x)), x).to_floats(), gradient(sum(affine.forward(x)), x).to_floats());
    const Evaluating evaluating(plain), also(affine);
    EXPECT_EQ(plain.forward(x).to_floats(), affine.forward(x).to_floats());
}

TEST(BatchNorm, MovesItsStatisticsInTrainingAndUsesThemInEvaluation) {
    const std::string name = "batch_norm_images_leaky_relu";
    const Shape images{2, 3, 4, 3}, channels{3};
    Generator generator(1, Device::reference());
    BatchNorm layer(3, generator, {.epsilon = 1e-3, .momentum = 0.1, .activation = leaky_relu(0.2f)});
    load(state(layer, "weight"), name + ".gamma");
    load(state(layer, "bias"), name + ".beta");
    for (const char* statistic : {"running_mean", "running_var"}) load(state(layer, statistic), name + "." + statistic);
    const Tensor x = loaded(images, name + ".x");

    expect_equal(layer.forward(x), images, name + ".y");
    layer.train(false);
    for (int i = 0; i < 2; ++i) {  // the second time shows that the first left the statistics alone
        expect_equal(layer.forward(x), images, name + ".y_eval");
        expect_equal(state(layer, "running_mean"), channels, name + ".moved_mean");
        expect_equal(state(layer, "running_var"), channels, name + ".moved_var");
    }
    layer.train();
    expect_equal(layer.forward(x), images, name + ".y");
}

TEST(BatchNorm, PassesTheGradientsOfItsEvaluationWhateverIsTrainedInBetween) {
    const std::string name = "batch_norm_images_leaky_relu";
    Generator generator(1, Device::reference());
    BatchNorm layer(3, generator, {.epsilon = 1e-3, .momentum = 0.1, .activation = leaky_relu(0.2f)});
    load(state(layer, "weight"), name + ".gamma");
    load(state(layer, "bias"), name + ".beta");
    load(state(layer, "running_mean"), name + ".moved_mean");
    load(state(layer, "running_var"), name + ".moved_var");
    const Tensor x = loaded({2, 3, 4, 3}, name + ".x").set_requires_grad(true);
    layer.train(false);
    const Tensor y = layer.forward(x);
    layer.train();
    layer.forward(x);
    backward(sum(y * loaded({2, 3, 4, 3}, name + ".dy")));
    expect_equal(x.grad(), {2, 3, 4, 3}, name + ".dx_eval");
    expect_equal(state(layer, "weight").grad(), {3}, name + ".dgamma_eval");
    expect_equal(state(layer, "bias").grad(), {3}, name + ".dbeta_eval");
}

TEST(BatchNorm, DoesNotMoveItsStatisticsWhenAStepIsTakenAgainUnderTheWatch) {
    Generator generator(1, Device::reference());
    BatchNorm layer(3, generator);
    const Tensor x = away_from_zero({4, 3}, 1);
    const std::vector<double> y = layer.forward(x).to_doubles(), mean = state(layer, "running_mean").to_doubles();
    EXPECT_NE(mean, std::vector<double>(3, 0));
    const Watch watch;
    EXPECT_EQ(layer.forward(x).to_doubles(), y);
    EXPECT_EQ(state(layer, "running_mean").to_doubles(), mean);
}

TEST(PoolingLayers, MakeImagesOfTheSizeThatPyTorchDoes) {
    AveragePool2d average, overlapping({.kernel = 3, .stride = 2, .padding = 1});
    MaxPool2d largest({.kernel = 3});
    GlobalAveragePool2d global;
    UpsampleNearest2d tripled(3);
    EXPECT_EQ(shape_text(average, {2, 7, 6, 3}), "2x3x3x3");
    EXPECT_EQ(shape_text(overlapping, {2, 7, 6, 3}), "2x4x3x3");
    EXPECT_EQ(shape_text(largest, {2, 7, 6, 3}), "2x2x2x3");
    EXPECT_EQ(shape_text(global, {2, 7, 6, 3}), "2x3");
    EXPECT_EQ(shape_text(tripled, {2, 7, 6, 3}), "2x21x18x3");
    EXPECT_EQ(shape_text(average, {0, 4, 4, 1}), "0x2x2x1") << "no image is no fault";
}

TEST(PoolingLayers, AgreeWithPyTorch) {
    AveragePool2d average({.kernel = 3, .stride = 2, .padding = 1});
    MaxPool2d largest({.kernel = 3, .stride = 1});
    GlobalAveragePool2d global;
    UpsampleNearest2d tripled(3);
    const auto expect_layer = [](Layer& layer, const std::string& name, const Shape& x, const Shape& y) {
        expect_equal(layer.forward(loaded(x, name + ".x")), y, name + ".y");
    };
    expect_layer(average, "average_pool2d_k3s2p1", {2, 5, 6, 2}, {2, 3, 3, 2});
    expect_layer(largest, "max_pool2d_k3s1", {2, 4, 5, 2}, {2, 2, 3, 2});
    expect_layer(global, "global_average_pool2d", {2, 3, 5, 3}, {2, 3});
    expect_layer(tripled, "upsample_nearest2d", {2, 3, 2, 3}, {2, 9, 6, 3});
}

TEST(Embedding, PicksRowsOfATableThatStartsStandardNormal) {
    Generator generator(1, Device::reference());
    Embedding layer(40, 100, generator);
    EXPECT_EQ(names_and_shapes(layer.parameters()), std::vector<std::string>{"weight 40x100"});
    const std::vector<double> table = state(layer, "weight").to_doubles();
    double squares = 0;
    for (const double value : table) squares += value * value;
    EXPECT_NEAR(squares / 4000, 1, 0.112);  // five standard deviations of the mean of 4000 squares: 5 sqrt(2 / 4000)
    const Tensor rows = layer.forward({std::vector<std::int32_t>{39, 0, 39}, Device::reference()});
    EXPECT_EQ(rows.shape().text(), "3x100");
    const std::vector<double> picked = rows.to_doubles();
    for (std::size_t c = 0; c < 100; ++c) {
        EXPECT_EQ(picked[c], table[3900 + c]);
        EXPECT_EQ(picked[100 + c], table[c]);
        EXPECT_EQ(picked[200 + c], table[3900 + c]);
    }
    EXPECT_TRUE(rows.requires_grad());
}

TEST(Reshape, KeepsEveryExamplesElements) {
    const Tensor x = away_from_zero({2, 3, 2, 2}, 1);
    Flatten flatten;
    Reshape image({3, 2, 2}), pairs({6, 2});
    EXPECT_EQ(flatten.forward(x).shape().text(), "2x12");
    EXPECT_EQ(flatten.forward(x).to_doubles(), x.to_doubles());
    EXPECT_EQ(image.forward(flatten.forward(x)).shape().text(), "2x3x2x2");
    EXPECT_EQ(pairs.forward(x).shape().text(), "2x6x2");
    EXPECT_EQ(shape_text(flatten, {5, 4}), "5x4");
    expect_gradients("reshape and flatten", [&](Inputs in) { return flatten.forward(pairs.forward(in[0])); }, {x});
}

/// Every layer with weights of four axes or buffers, on Device::cpu().
struct Images : Module {
    explicit Images(std::uint64_t seed) : generator(seed, Device::cpu()) {
        layers.add<Conv2d>("conv", 2, 3, 4, generator, Conv2dOptions{.stride = 2, .padding = kOne});
        layers.add<BatchNorm>("norm", 3, generator, BatchNormLayerOptions{.activation = relu()});
        layers.add<ConvTranspose2d>("up", 3, 5, 4, generator, Conv2dOptions{.stride = 2, .padding = kOne});
        layers.add<Flatten>("flat");
        layers.add<Linear>("score", 6 * 4 * 5, 1, generator);
        add_module("layers", layers);
    }
    /// One step of Adam on images drawn from the network's own generator.
    void train_step(Optimizer& adam) {
        adam.clear_gradients();
        backward(mean(layers.forward(images())));
        adam.step(1e-2);
    }
    Tensor images() { return init::normal(0.5, 1).make({3, 6, 4, 2}, {}, generator); }
    Generator generator;
    Sequential layers;
};

TEST(LayersCheckpoint, RestoresBuffersAndEvaluatesTheSame) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "images.safetensors";
    Images saved(1), restored(2);
    Adam adam(saved), other_adam(restored);
    saved.train_step(adam);
    saved.train_step(adam);
    restored.train_step(other_adam);
    EXPECT_EQ(names_and_shapes(saved.state()),
              (std::vector<std::string>{"layers.conv.weight 4x4x2x3", "layers.conv.bias 3", "layers.norm.weight 3",
                                        "layers.norm.bias 3", "layers.up.weight 4x4x5x3", "layers.up.bias 5",
                                        "layers.score.weight 120x1", "layers.score.bias 1",
                                        "layers.norm.running_mean 3", "layers.norm.running_var 3"}));
    save_checkpoint(path, std::vector<CheckpointPart>{{"", &saved, &adam}}, {});
    load_checkpoint(path, std::vector<CheckpointPart>{{"", &restored, &other_adam}});

    const std::vector<Parameter> expected = saved.state(), actual = restored.state();
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(actual[i].tensor.to_floats(), expected[i].tensor.to_floats()) << expected[i].name;
    }
    const Tensor x = saved.images();
    saved.train(false);
    restored.train(false);
    EXPECT_EQ(restored.layers.forward(x).to_floats(), saved.layers.forward(x).to_floats());
}

TEST(LayersCheckpoint, StoresConvolutionWeightsAsPyTorchDoes) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "images.safetensors";
    Images images(1);
    Adam adam(images);
    images.train_step(adam);
    save_checkpoint(path, std::vector<CheckpointPart>{{"", &images, &adam}}, {});
    const SafetensorsFile file = SafetensorsFile::open(path);
    // In memory [height, width, last but one, last]; in the file [last, last but one, height, width]: Conv2d's [out,
    // in, height, width] and ConvTranspose2d's [in, out, height, width].
    for (const auto& [name, inner, last] : {std::tuple("layers.conv.weight", 2, 3), {"layers.up.weight", 5, 3}}) {
        const std::vector<float> memory = state(images, name).to_floats();
        const std::vector<float> stored = entry_values<float>(file.at(name));
        EXPECT_EQ(file.at(name).shape, (std::vector<std::int64_t>{last, inner, 4, 4})) << name;
        EXPECT_EQ(file.at("optimizer.exp_avg." + std::string(name)).shape, file.at(name).shape) << name;
        ASSERT_EQ(stored.size(), memory.size());
        for (int o = 0, place = 0; o < last; ++o) {
            for (int i = 0; i < inner; ++i) {
                for (int tap = 0; tap < 16; ++tap, ++place) {
                    ASSERT_EQ(stored.at(place), memory.at((tap * inner + i) * last + o)) << name << " at " << place;
                }
            }
        }
    }
    EXPECT_EQ(entry_values<float>(file.at("layers.norm.running_var")),
              state(images, "layers.norm.running_var").to_floats());
}

}  // namespace
}  // namespace sinter::tests
