// Modules: names in the tree, training mode, freezing, and the values that parameters start from.
#include "core/nn/module.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/nn/layers.h"
#include "core/ops/random.h"
#include "tests/common/errors.h"

namespace sinter::tests {
namespace {

/// A tree of two levels: layers 1 (by its place) and "drop" below "body", and a parameter of its own.
struct Tree : Module {
    Tree() {
        gain = add_parameter("gain", Tensor::full({3}, 2, Device::reference()));
        body.add<ActivationLayer>("", tanh());
        body.add<Linear>("", 4, 3, generator);
        body.add<Dropout>("drop", 0.5, generator);
        add_module("body", body);
    }
    Generator generator{1, Device::reference()};
    Tensor gain;
    Sequential body;
};

TEST(Module, NamesItsParametersLikePyTorch) {
    const Tree tree;
    std::vector<std::string> names;
    for (const Parameter& parameter : tree.parameters()) names.push_back(parameter.name);
    EXPECT_EQ(names, (std::vector<std::string>{"gain", "body.1.weight", "body.1.bias"}));
    EXPECT_EQ(tree.parameter_count(), 3 + 4 * 3 + 3);
}

TEST(Module, SwitchesTheWholeTreeToEvaluation) {
    Tree tree;
    const Tensor x = Tensor::full({5, 4}, 0.5, Device::reference());
    const auto run = [&] { return tree.body.forward(x).to_doubles(); };
    tree.train();
    EXPECT_NE(run(), run()) << "each call in training takes a new mask";
    tree.train(false);
    EXPECT_EQ(run(), run());
    EXPECT_FALSE(tree.body.training());
}

TEST(Module, FreezesTheWholeTree) {
    Tree tree;
    tree.set_requires_grad(false);
    EXPECT_FALSE(tree.body.forward(Tensor::full({5, 4}, 0.5, Device::reference())).requires_grad());
    tree.set_requires_grad(true);
    for (const Parameter& parameter : tree.parameters()) EXPECT_TRUE(parameter.tensor.requires_grad());
}

TEST(Module, RefusesTwoChildrenOfOneName) {
    Tree tree;
    expect_usage_error([&] { tree.body.add<Linear>("drop", 2, 2, tree.generator); }, {"[module]", "'drop'"});
}

TEST(Dropout, KeepsTheShareAndTheMean) {
    Generator generator(5, Device::reference());
    constexpr Index kCount = 100000;
    const double rate = 0.3;
    const std::vector<double> y = dropout(Tensor::full({kCount}, 1, Device::reference()), rate, generator).to_doubles();
    const auto dropped = static_cast<double>(std::count(y.begin(), y.end(), 0.0));
    // Five standard deviations of a binomial share: 5 sqrt(0.3 * 0.7 / 100000) = 0.0072.
    EXPECT_NEAR(dropped / kCount, rate, 0.0072);
    for (const double value : y) ASSERT_TRUE(value == 0 || std::abs(value - 1 / (1 - rate)) < 1e-15) << value;
}

TEST(Bernoulli, DrawsOnesWithTheGivenProbability) {
    Generator generator(6, Device::reference());
    const std::vector<double> y =
        random_bernoulli(Tensor::full({100000}, 0.2, Device::reference()), generator).to_doubles();
    const auto ones = static_cast<double>(std::count(y.begin(), y.end(), 1.0));
    EXPECT_EQ(ones + static_cast<double>(std::count(y.begin(), y.end(), 0.0)), 100000);
    EXPECT_NEAR(ones / 100000, 0.2, 0.0064);  // five standard deviations
}

struct Moments {
    double mean, deviation, smallest, largest;
};

Moments moments(const Tensor& tensor) {
    const std::vector<double> values = tensor.to_doubles();
    double sum = 0, squares = 0;
    for (const double value : values) sum += value, squares += value * value;
    const double n = static_cast<double>(values.size()), mean = sum / n;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return {mean, std::sqrt(squares / n - mean * mean), *low, *high};
}

// A standard deviation estimated from 120000 values is within 1 % of the true one (five times 1 / sqrt(240000)), a mean
// within 5 / sqrt(120000) = 1.5 % of it.
void expect_uniform(const Moments& m, double bound) {
    EXPECT_NEAR(m.deviation, bound / std::sqrt(3), 0.01 * bound);
    EXPECT_NEAR(m.mean, 0, 0.015 * bound);
    EXPECT_GE(m.smallest, -bound);
    EXPECT_LE(m.largest, bound);
}

TEST(Initialiser, DrawsFromTheNamedDistribution) {
    Generator generator(7, Device::reference());
    const Shape shape{300, 400};
    const Fan fan{300, 400};
    const auto drawn = [&](const Initialiser& initialiser) { return moments(initialiser.make(shape, fan, generator)); };
    expect_uniform(drawn(init::uniform_fan_in()), 1 / std::sqrt(300));
    expect_uniform(drawn(init::glorot_uniform()), std::sqrt(6.0 / 700));
    const double he = std::sqrt(2.0 / 300);
    EXPECT_NEAR(drawn(init::he_normal()).deviation, he, 0.01 * he);
    const Moments normal = drawn(init::normal(1, 0.02));
    EXPECT_NEAR(normal.mean, 1, 0.015 * 0.02);
    EXPECT_NEAR(normal.deviation, 0.02, 0.01 * 0.02);
    const Moments constant = drawn(init::constant(0.25)), zeros = drawn(init::zeros());
    EXPECT_EQ(constant.smallest, 0.25);
    EXPECT_EQ(constant.largest, 0.25);
    EXPECT_EQ(zeros.smallest, 0);
    EXPECT_EQ(zeros.largest, 0);
}

TEST(Generator, GivesEveryDrawAndStepNumbersOfItsOwn) {
    Generator generator(8, Device::cpu()), twin(8, Device::cpu()), distant(8, Device::cpu(), 100);
    const auto draw = [](Generator& from) { return random_uniform({4}, 0, 1, from).to_floats(); };
    const std::vector<float> first = draw(generator), second = draw(generator);
    EXPECT_NE(first, second);
    EXPECT_EQ(draw(twin), first);
    EXPECT_NE(draw(distant), first);
    generator.start_step(1);
    EXPECT_NE(draw(generator), first);
    generator.start_step(0);
    EXPECT_EQ(draw(generator), first) << "a step that is run again must draw the same";
    EXPECT_EQ(draw(generator), second);
}

}  // namespace
}  // namespace sinter::tests
