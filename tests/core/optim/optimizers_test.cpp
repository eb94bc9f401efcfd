// Optimizers, gradient clipping and schedules against PyTorch's (tests/fixtures/optimizers.safetensors), and what an
// optimizer does to the parameters that it takes over.
#include "core/optim/optimizer.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/nn/layers.h"
#include "core/ops/arithmetic.h"
#include "core/ops/reduce.h"
#include "core/optim/schedule.h"
#include "core/tape.h"
#include "tests/common/errors.h"
#include "tests/common/fixtures.h"

namespace sinter::tests {
namespace {

const SafetensorsFile& file() {
    static const SafetensorsFile optimizers = open_fixture("optimizers.safetensors");
    return optimizers;
}

/// A module of vectors.
class Vectors : public Module {
public:
    explicit Vectors(const std::vector<Tensor>& values) {
        for (const Tensor& value : values) add_parameter("p" + std::to_string(parameters().size()), value);
    }
    Tensor operator[](std::size_t i) const { return parameters()[i].tensor; }
};

std::span<const double> row_of(const std::vector<double>& matrix, std::size_t row, std::size_t columns) {
    return std::span(matrix).subspan(row * columns, columns);
}

/// Gives `parameter` the gradient `values`.
void deliver_gradient(const Tensor& parameter, std::span<const double> values) {
    backward(sum(parameter * Tensor::from(values, parameter.shape(), parameter.device())));
}

struct OptimizerCase {
    double learning_rate;
    std::function<std::unique_ptr<Optimizer>(const Module&)> make;
};

const std::map<std::string, OptimizerCase>& optimizers() {
    const auto adam = [](AdamOptions options) {
        return [options](const Module& module) { return std::make_unique<Adam>(module, options); };
    };
    const auto rmsprop = [](RmspropOptions options) {
        return [options](const Module& module) { return std::make_unique<Rmsprop>(module, options); };
    };
    const auto sgd = [](SgdOptions options) {
        return [options](const Module& module) { return std::make_unique<Sgd>(module, options); };
    };
    static const std::map<std::string, OptimizerCase> all = {
        {"adam", {0.01, adam({})}},
        {"adam_betas", {0.0002, adam({.beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-6})}},
        {"adam_weight_decay", {0.01, adam({.weight_decay = 0.1})}},
        {"adam_l1", {0.01, adam({.weight_decay = 0.1, .l1 = 0.05})}},
        {"adamw_l1", {0.05, adam({.weight_decay = 0.1, .l1 = 0.5, .decoupled = true})}},
        {"rmsprop_l1", {0.01, rmsprop({.alpha = 0.9, .l1 = 0.05})}},
        {"sgd_l1", {0.1, sgd({.momentum = 0.9, .l1 = 0.05})}},
        {"adamw", {0.01, adam({.weight_decay = 0.1, .decoupled = true})}},
        {"rmsprop", {0.01, rmsprop({})}},
        {"rmsprop_momentum", {0.01, rmsprop({.alpha = 0.9, .momentum = 0.9, .weight_decay = 0.1})}},
        {"sgd", {0.1, sgd({})}},
        {"sgd_momentum", {0.1, sgd({.momentum = 0.9})}},
        {"sgd_nesterov", {0.1, sgd({.momentum = 0.9, .nesterov = true})}},
        {"sgd_weight_decay", {0.1, sgd({.momentum = 0.9, .weight_decay = 0.1})}},
    };
    return all;
}

class OptimizerFixture : public testing::TestWithParam<std::string> {};

TEST_P(OptimizerFixture, TakesPyTorchsSteps) {
    constexpr std::size_t kSteps = 7, kCount = 37;
    const auto& [learning_rate, make] = optimizers().at(GetParam());
    const std::vector<double> slopes = fixture_values(file(), "gradients");
    const std::vector<double> expected = fixture_values(file(), GetParam() + ".parameters");
    for (const Device device : {Device::reference(), Device::cpu()}) {
        const Vectors module({fixture_tensor(file(), "initial", device)});
        const std::unique_ptr<Optimizer> optimizer = make(module);
        // A step rounds the parameter, its state and their quotient: four roundings of numbers as large as the
        // parameter ever was (of order 1, or 100 under plain descent with gradients of 100).
        const double epsilon =
            device == Device::cpu() ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
        std::vector<double> largest(kCount, 1);
        for (std::size_t t = 0; t < kSteps; ++t) {
            optimizer->clear_gradients();
            deliver_gradient(module[0], row_of(slopes, t, kCount));
            optimizer->step(learning_rate);
            const std::vector<double> actual = module[0].to_doubles();
            for (std::size_t i = 0; i < kCount; ++i) {
                const double want = expected[t * kCount + i];
                largest[i] = std::max(largest[i], std::abs(want));
                EXPECT_NEAR(actual[i], want, static_cast<double>(4 * (t + 1)) * epsilon * largest[i])
                    << device.name() << ", step " << t + 1 << ", element " << i;
            }
        }
        EXPECT_EQ(optimizer->steps(), static_cast<std::int64_t>(kSteps));
    }
}

std::vector<std::string> optimizer_names() {
    std::vector<std::string> names;
    for (const auto& [name, optimizer] : optimizers()) names.push_back(name);
    return names;
}

INSTANTIATE_TEST_SUITE_P(Optimizers, OptimizerFixture, testing::ValuesIn(optimizer_names()), case_name);

// Three steps, of which the device holds the second, and two that the host counts: with moments that would tell a step
// more or less, and bias corrections that would tell another count.
TEST(Optimizers, AHeldStepIsAsIfItHadNotBeen) {
    constexpr std::size_t kCount = 37;
    const std::vector<double> slopes = fixture_values(file(), "gradients");
    for (const auto& [name, each] : optimizers()) {
        for (const Device device : {Device::reference(), Device::cpu()}) {
            SCOPED_TRACE(name + " on " + device.name());
            const auto train = [&](bool has_held_step) {
                const Vectors module({fixture_tensor(file(), "initial", device)});
                const std::unique_ptr<Optimizer> optimizer = each.make(module);
                if (has_held_step) optimizer->count_on_device();
                for (std::size_t t = 0; t < 3; ++t) {
                    if (t == 1 && !has_held_step) continue;
                    optimizer->clear_gradients();
                    deliver_gradient(module[0], row_of(slopes, t, kCount));
                    optimizer->prepare(each.learning_rate);
                    if (has_held_step)
                        optimizer->apply(1, nullptr, Tensor::full({1}, t == 1 ? 1 : 0, device));
                    else
                        optimizer->apply(1);
                }
                EXPECT_EQ(optimizer->steps(), 2);
                std::vector<double> all = module[0].to_doubles();
                for (const Optimizer::State& state : optimizer->state())
                    for (const double value : state.values.to_doubles()) all.push_back(value);
                return all;
            };
            EXPECT_EQ(train(true), train(false));
        }
    }
}

TEST(Optimizers, CountOnTheDeviceFromWhereTheyStand) {
    const Vectors module({Tensor::full({3}, 1, Device::cpu())});
    Adam adam(module);
    adam.resume_at(7);
    expect_usage_error([&] { adam.apply(0, nullptr, Tensor::zeros({1}, Device::cpu())); },
                       {"[optimizer]", "count_on_device()"});
    adam.count_on_device();
    EXPECT_EQ(adam.steps(), 7);
    deliver_gradient(module[0], std::vector<double>{1, 2, 3});
    adam.step(1e-3);
    EXPECT_EQ(adam.steps(), 8);
    adam.resume_at(20);
    EXPECT_EQ(adam.steps(), 20);
}

TEST(OptimizerFixture, EveryConfigurationOfTheFileIsTested) {
    for (const SafetensorsEntry& entry : file().entries()) {
        const std::size_t end = entry.name.find(".parameters");
        if (end == std::string::npos) continue;
        EXPECT_TRUE(optimizers().contains(entry.name.substr(0, end))) << entry.name;
    }
}

// Descent from zero with learning rate 1 shows the clipped gradient itself.
TEST(Clipping, ScalesAllGradientsByTheirCommonNormAsPyTorchDoes) {
    constexpr std::size_t kCount = 37, kFirst = 20;
    const std::vector<double> before = fixture_values(file(), "clip.gradients");
    const std::vector<double> after = fixture_values(file(), "clip.clipped");
    const std::vector<double> max_norms = fixture_values(file(), "clip.max_norms");
    for (const Device device : {Device::reference(), Device::cpu()}) {
        // Squares, their sum, the root, the quotient and the product round once each.
        const double epsilon =
            device == Device::cpu() ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
        for (std::size_t k = 0; k < max_norms.size(); ++k) {
            const Vectors module({Tensor::zeros({20}, device), Tensor::zeros({17}, device)});
            Sgd descent(module);
            const std::span<const double> gradient = row_of(before, k, kCount);
            deliver_gradient(module[0], gradient.first(kFirst));
            deliver_gradient(module[1], gradient.subspan(kFirst));
            descent.step(1, max_norms[k]);
            std::vector<double> moved = module[0].to_doubles();
            const std::vector<double> rest = module[1].to_doubles();
            moved.insert(moved.end(), rest.begin(), rest.end());
            for (double& value : moved) value = -value;
            expect_close(moved, row_of(after, k, kCount), 0, 8 * epsilon,
                         "max norm " + std::to_string(max_norms[k]) + " on " + device.name());
        }
    }
}

void expect_schedule(const Schedule& schedule, const std::string& name, std::size_t from) {
    const std::vector<double> expected = fixture_values(file(), "schedule." + name);
    for (std::size_t t = from; t < expected.size(); ++t) {
        // PyTorch computes the cosine by a recurrence; its roundings add up.
        EXPECT_NEAR(1e-3 * schedule.factor(static_cast<std::int64_t>(t)), expected[t], 1e-17) << name << ", step " << t;
    }
}

TEST(Schedules, FollowPyTorchs) {
    expect_schedule({.kind = Schedule::Kind::cosine, .total_steps = 20, .minimum = 0.01}, "cosine", 0);
    expect_schedule({.kind = Schedule::Kind::step, .step_size = 6, .gamma = 0.5}, "step", 0);
    // PyTorch's warm-up rises from a start factor, sinter's from 1 / steps; what comes after it is the same.
    expect_schedule({.kind = Schedule::Kind::cosine, .warmup_steps = 5, .total_steps = 20}, "warmup_cosine", 5);
}

TEST(Schedules, WarmUpInEqualStepsToTheFullRate) {
    const Schedule schedule{.warmup_steps = 4};
    for (std::int64_t t = 0; t < 4; ++t) EXPECT_DOUBLE_EQ(schedule.factor(t), 0.25 * static_cast<double>(t + 1));
    EXPECT_EQ(schedule.factor(4), 1);
    EXPECT_EQ(schedule.factor(1000), 1);
}

TEST(Schedules, StayAtTheMinimumAfterTheCosine) {
    const Schedule schedule{.kind = Schedule::Kind::cosine, .total_steps = 10, .minimum = 0.25};
    EXPECT_DOUBLE_EQ(schedule.factor(10), 0.25);
    EXPECT_DOUBLE_EQ(schedule.factor(11), 0.25);
}

TEST(Schedules, DecayExponentiallyOverTheSecondHalf) {
    const Schedule schedule{.kind = Schedule::Kind::exponential, .warmup_steps = 2, .total_steps = 42};
    EXPECT_EQ(schedule.factor(2), 1);
    EXPECT_EQ(schedule.factor(22), 1) << "half of the 40 steps behind the warm-up";
    EXPECT_NEAR(schedule.factor(32), 0.1, 1e-15);
    EXPECT_NEAR(schedule.factor(37) / schedule.factor(36), std::pow(0.01, 1.0 / 20), 1e-14);
    EXPECT_NEAR(schedule.factor(42), 0.01, 1e-16);
    EXPECT_NEAR(schedule.factor(1000), 0.01, 1e-16);
}

TEST(Arena, KeepsTheValuesAndHandlesOfTheParameters) {
    for (const Device device : {Device::reference(), Device::cpu()}) {
        Generator generator(3, device);
        Linear layer(5, 3, generator);
        const Tensor x = Tensor::full({2, 5}, 0.5, device);
        const std::vector<Parameter> before = layer.parameters();
        const std::vector<double> output = layer.forward(x).to_doubles(), weight = before[0].tensor.to_doubles();
        {
            Sgd descent(layer);
            EXPECT_EQ(before[0].tensor.to_doubles(), weight) << "an old handle lost its values";
            EXPECT_EQ(layer.forward(x).to_doubles(), output);

            backward(sum(layer.forward(x)));
            descent.step(1);
            EXPECT_EQ(descent.arena().part(descent.arena().values(), 0).to_doubles(), before[0].tensor.to_doubles());
            // d sum(x W + b) / dW = 2 rows * 0.5, / db = 2 rows
            for (std::size_t i = 0; i < weight.size(); ++i) {
                EXPECT_NEAR(before[0].tensor.to_doubles()[i], weight[i] - 1, 1e-6);
            }
        }
        EXPECT_NE(layer.forward(x).to_doubles(), output);  // the step is seen, and outlives the optimizer
        EXPECT_NEAR(layer.parameters()[0].tensor.to_doubles()[0], weight[0] - 1, 1e-6);
    }
}

TEST(Arena, GivesAParameterThatTookNoPartAZeroGradient) {
    const Device device = Device::reference();
    const Vectors module({Tensor::full({3}, 1, device), Tensor::full({2}, 1, device)});
    Sgd descent(module);
    deliver_gradient(module[0], std::vector<double>{1, 1, 1});
    deliver_gradient(module[1], std::vector<double>{1, 1});
    descent.step(0.25);
    descent.clear_gradients();
    deliver_gradient(module[0], std::vector<double>{1, 1, 1});
    descent.step(0.25);
    EXPECT_EQ(module[0].to_doubles(), (std::vector<double>{0.5, 0.5, 0.5}));
    EXPECT_EQ(module[1].to_doubles(), (std::vector<double>{0.75, 0.75})) << "the gradient of the step before was used";
}

TEST(Arena, RefusesAModuleWithoutParameters) {
    EXPECT_THROW(Sgd(Vectors({})), UsageError);
    EXPECT_THROW(Sgd(Vectors({Tensor::zeros({1}, Device::reference())}), {.nesterov = true}), UsageError);
}

}  // namespace
}  // namespace sinter::tests
