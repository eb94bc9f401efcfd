// The tape: what backward() accumulates, what it leaves out, and what it refuses.
#include "core/tape.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/losses/loss.h"
#include "core/losses/vae.h"
#include "core/nn/layers.h"
#include "core/ops/arithmetic.h"
#include "core/ops/linear.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "tests/common/errors.h"

namespace sinter::tests {
namespace {

using Values = std::vector<double>;

Tensor tensor(const Values& values) {
    return Tensor::from(std::span<const double>(values), {static_cast<Index>(values.size())}, Device::reference());
}

Tensor parameter(const Values& values) {
    Tensor made = tensor(values);
    made.set_requires_grad(true);
    return made;
}

TEST(Tape, AddsUpTheGradientsOfTwoBackwardCalls) {
    Tensor x = parameter({1, 2});
    backward(sum(x * tensor({3, 4})));
    EXPECT_EQ(x.grad().to_doubles(), (Values{3, 4}));
    backward(sum(x * tensor({10, 20})));
    EXPECT_EQ(x.grad().to_doubles(), (Values{13, 24}));
    x.clear_grad();
    EXPECT_FALSE(x.grad().defined());
    backward(sum(x * tensor({3, 4})));
    EXPECT_EQ(x.grad().to_doubles(), (Values{3, 4})) << "the gradient from before clear_grad() came back";
}

// The fused layer writes weight gradients itself, without passing through the sum of the tape.
TEST(Tape, AddsUpTheGradientsOfALayerThatIsUsedTwice) {
    for (const Activation activation : {identity(), tanh()}) {
        Generator generator(4, Device::reference());
        Linear shared(3, 3, generator, {.activation = activation}), other(3, 3, generator, {.activation = activation});
        for (std::size_t i = 0; i < 2; ++i) other.parameters()[i].tensor.assign(shared.parameters()[i].tensor);
        const Tensor x = random_normal({2, 3}, 0, 1, generator);

        backward(sum(shared.forward(shared.forward(x))));
        backward(sum(other.forward(shared.forward(x).detach())));  // the outer use alone
        Linear inner(3, 3, generator, {.activation = activation});
        for (std::size_t i = 0; i < 2; ++i) inner.parameters()[i].tensor.assign(shared.parameters()[i].tensor);
        Tensor frozen_weight = other.parameters()[0].tensor.detach(),
               frozen_bias = other.parameters()[1].tensor.detach();
        backward(sum(linear(inner.forward(x), frozen_weight, frozen_bias, activation)));  // the inner use alone
        for (std::size_t i = 0; i < 2; ++i) {
            const Values both = shared.parameters()[i].tensor.grad().to_doubles();
            const Values outer_part = other.parameters()[i].tensor.grad().to_doubles();
            const Values inner_part = inner.parameters()[i].tensor.grad().to_doubles();
            for (std::size_t j = 0; j < both.size(); ++j) EXPECT_NEAR(both[j], outer_part[j] + inner_part[j], 1e-14);
        }
    }
}

TEST(Tape, SumsAllUsesOfATensor) {
    const Tensor x = parameter({3, -2});
    const Tensor y = x * x;
    backward(sum(y * y + y + x));  // x^4 + x^2 + x
    EXPECT_EQ(x.grad().to_doubles(), (Values{4 * 27 + 2 * 3 + 1, 4 * -8 + 2 * -2 + 1}));
}

TEST(Tape, PassesThroughAnOpWhoseOtherOutputIsUnused) {
    Generator generator(1, Device::reference());
    for (const bool use_z : {true, false}) {
        generator.start_step(1);
        Tensor heads = Tensor::from(std::span<const double>(Values{0.5, 1}), {1, 2}, Device::reference());
        heads.set_requires_grad(true);
        const auto [z, kl] = reparameterise_kl(heads, generator);
        backward(use_z ? sum(z) : kl);
        const Values slopes = heads.grad().to_doubles();
        // dz/dmu = 1;  dkl/dmu = mu, dkl/dlogvar = (e^logvar - 1) / 2
        EXPECT_NEAR(slopes[0], use_z ? 1 : 0.5, 1e-15);
        EXPECT_NEAR(slopes[1], use_z ? (z.item() - 0.5) / 2 : (std::exp(1.0) - 1) / 2, 1e-15);
    }
}

TEST(Tape, RecordsNothingUnderNoGrad) {
    const Tensor x = parameter({1, 2});
    {
        const NoGrad outer;
        { const NoGrad inner; }
        EXPECT_FALSE(grad_enabled()) << "the inner scope switched recording on again";
        EXPECT_FALSE((x * x).requires_grad());
    }
    EXPECT_TRUE(grad_enabled());
    EXPECT_TRUE((x * x).requires_grad());
}

TEST(Tape, RecordsNothingThatDependsOnNoParameter) {
    const Tensor a = tensor({1, 2}), x = parameter({1, 2});
    EXPECT_FALSE((a * a).requires_grad());
    EXPECT_FALSE((x.detach() * a).requires_grad());
    EXPECT_TRUE((x * a).requires_grad());
}

TEST(Tape, WalksARetainedGraphAgain) {
    const Tensor x = parameter({1, 2});
    const Tensor loss = sum(x * x);
    backward(loss, true);
    backward(loss);
    EXPECT_EQ(x.grad().to_doubles(), (Values{4, 8}));
}

TEST(Tape, RefusesAConsumedGraph) {
    const Tensor x = parameter({1, 2});
    const Tensor y = x * x;
    backward(sum(y));
    expect_usage_error([&] { backward(sum(y)); }, {"[backward]", "multiply", "consumed", "retain_graph"});
    EXPECT_EQ(x.grad().to_doubles(), (Values{2, 4})) << "a refused walk must not touch gradients";
}

TEST(Tape, ReleasesSavedTensorsWhileItWalks) {
    const Device device = Device::cpu();
    // The memory that eight arrays need after a walk over eight squares; `count` is a size that no other test uses.
    const auto memory_needed = [&](Index count, bool retain_graph) {
        Tensor x = Tensor::full({count}, 0.5, device);
        x.set_requires_grad(true);
        Tensor y = x;
        for (int i = 0; i < 8; ++i) y = y * y;
        const Tensor loss = sum(y);
        y = Tensor();
        backward(loss, retain_graph);
        const std::size_t reserved = device.memory().bytes_reserved();
        std::vector<Tensor> fresh;
        for (int i = 0; i < 8; ++i) fresh.push_back(Tensor::empty({count}, device));
        return device.memory().bytes_reserved() - reserved;
    };
    EXPECT_GT(memory_needed(100000, true), 0u) << "a retained graph keeps what it saved";
    EXPECT_EQ(memory_needed(200000, false), 0u);
}

TEST(Tape, SurvivesAChainOfThousandsOfOps) {
    Tensor x = parameter({1});
    Tensor y = x;
    for (int i = 0; i < 5000; ++i) y = affine(y, 1, 1);
    backward(sum(y));
    EXPECT_EQ(x.grad().item(), 1);
    y = x;
    for (int i = 0; i < 5000; ++i) y = affine(y, 1, 1);  // dropped without a walk
}

/// x, with a note of whether the gradient of each input was asked for.
Tensor asked(const Tensor& a, const Tensor& b, std::vector<bool>& wanted) {
    return record("asked", a.view(a.shape()), {a, b}, [&wanted](Backward& back) {
        wanted = {back.wants(0), back.wants(1)};
        if (back.wants(0)) back.add(0, back.dy());
        if (back.wants(1)) back.add(1, back.dy());
    });
}

TEST(Tape, DropsADeepGraphWithoutWalkingIt) {
    Tensor x = Tensor::full({1}, 1, Device::cpu());
    x.set_requires_grad(true);
    const Tensor one = Tensor::full({1}, 1, Device::cpu());
    Tensor y = x;
#ifdef __SANITIZE_ADDRESS__
    constexpr int kDeep = 30'000;  // whose larger frames overflow the stack sooner
#else
    constexpr int kDeep = 300'000;
#endif
    for (int i = 0; i < kDeep; ++i) y = y * one;  // each would be deleted inside the next one's destructor
    y = Tensor();
    EXPECT_EQ(x.item(), 1);
}

TEST(FrozenParameters, GetNoGradientAndAreNotAskedFor) {
    Tensor trained = parameter({1, 2}), frozen = parameter({3, 4});
    frozen.set_requires_grad(false);
    std::vector<bool> wanted;
    backward(sum(asked(trained, frozen, wanted)));
    EXPECT_EQ(wanted, (std::vector<bool>{true, false}));
    EXPECT_TRUE(trained.grad().defined());
    EXPECT_FALSE(frozen.grad().defined());
    frozen.set_requires_grad(true);
    backward(sum(asked(trained, frozen, wanted)));
    EXPECT_EQ(wanted, (std::vector<bool>{true, true}));
    EXPECT_TRUE(frozen.grad().defined());
}

TEST(FrozenParameters, LetTheGradientThroughToWhatComesBefore) {
    Generator generator(2, Device::reference());
    Linear first(3, 4, generator, {.activation = tanh()}), second(4, 2, generator, {.activation = tanh()});
    const Tensor x = random_normal({2, 3}, 0, 1, generator);
    const auto first_gradient = [&] {
        first.parameters()[0].tensor.clear_grad();
        backward(sum(second.forward(first.forward(x))));
        return first.parameters()[0].tensor.grad().to_doubles();
    };
    const Values thawed = first_gradient();
    for (Parameter& p : second.parameters()) p.tensor.clear_grad();
    second.set_requires_grad(false);
    EXPECT_EQ(first_gradient(), thawed);
    for (const Parameter& p : second.parameters()) EXPECT_FALSE(p.tensor.grad().defined()) << p.name;
}

TEST(FrozenParameters, AreLeftOutOfTheWalkAlsoWhenFrozenAfterTheyWereRecorded) {
    // One graph, two losses, each for its own parameter: how a GAN learns from one forward pass.
    Tensor first = parameter({1, 2}), second = parameter({3, 4});
    std::vector<bool> wanted_by_first, wanted_by_second;
    const Tensor hidden = asked(first * first, first, wanted_by_first);
    const Tensor loss = sum(asked(hidden, second, wanted_by_second));
    first.set_requires_grad(false);
    backward(loss, true);
    EXPECT_EQ(wanted_by_second, (std::vector<bool>{false, true}));
    EXPECT_TRUE(wanted_by_first.empty()) << "the walk went on to where nothing wants a gradient";
    EXPECT_FALSE(first.grad().defined());
    const Values of_second = second.grad().to_doubles();
    first.set_requires_grad(true);
    second.set_requires_grad(false);
    backward(loss);
    EXPECT_EQ(wanted_by_second, (std::vector<bool>{true, false}));
    EXPECT_EQ(first.grad().to_doubles(), (Values{3, 5}));  // d (x^2 + x)
    EXPECT_EQ(second.grad().to_doubles(), of_second);
}

TEST(Gradients, OfSomeInputsAskForNoOther) {
    const Tensor a = parameter({1, 2}), b = parameter({3, 4});
    std::vector<bool> wanted;
    const Tensor wanted_inputs[] = {b};
    const Tensor db = gradients(sum(asked(a * a, b, wanted)), wanted_inputs)[0];
    EXPECT_EQ(wanted, (std::vector<bool>{false, true}));
    EXPECT_EQ(db.to_doubles(), (Values{1, 1}));
}

TEST(Gradients, LeaveTheParametersGradientsAlone) {
    const Tensor x = parameter({1, 2}), w = parameter({5, 6});
    const Tensor inputs[] = {x};
    gradients(sum(x * w), inputs);
    EXPECT_FALSE(x.grad().defined());
    EXPECT_FALSE(w.grad().defined());
    backward(sum(x * w));
    EXPECT_EQ(gradients(sum(x * w), inputs)[0].to_doubles(), (Values{5, 6}));
    EXPECT_EQ(x.grad().to_doubles(), (Values{5, 6}));
    EXPECT_EQ(w.grad().to_doubles(), (Values{1, 2}));
}

TEST(Gradients, ReachTensorsInTheMiddleOfTheGraph) {
    const Tensor x = parameter({3});
    const Tensor y = x * x;
    const Tensor loss = sum(y * y);
    const Tensor inputs[] = {y, x};
    const std::vector<Tensor> slopes = gradients(loss, inputs);
    EXPECT_EQ(slopes[0].item(), 2 * 9);
    EXPECT_EQ(slopes[1].item(), 4 * 27);
}

TEST(Gradients, AreZeroWhereTheOutputDoesNotDepend) {
    const Tensor x = parameter({1, 2}), other = parameter({1, 2, 3});
    const Tensor inputs[] = {other, x};
    const std::vector<Tensor> slopes = gradients(sum(x), inputs);
    EXPECT_EQ(slopes[0].to_doubles(), (Values{0, 0, 0}));
    EXPECT_EQ(slopes[1].to_doubles(), (Values{1, 1}));
}

TEST(Gradient, OfOneInputIsTheOneOfGradients) {
    const Tensor x = parameter({2, 3}), unused = parameter({4});
    const Tensor loss = sum(x * x);
    EXPECT_EQ(gradient(loss, x).to_doubles(), (Values{4, 6}));
    EXPECT_EQ(gradient(loss, unused).to_doubles(), Values{0});
    EXPECT_EQ(gradient(sum(gradient(loss, x, true) * x), x).to_doubles(), (Values{8, 12}));
    expect_usage_error([&] { gradient(loss, x.detach()); }, {"[gradients]", "set_requires_grad"});
}

TEST(Gradients, OfATensorWithRespectToItselfAreOne) {
    const Tensor x = parameter({3});
    const Tensor y = sum(x * x);
    const Tensor inputs[] = {y}, leaf[] = {x};
    EXPECT_EQ(gradients(y, inputs)[0].item(), 1);
    EXPECT_EQ(gradients(x, leaf)[0].item(), 1);
}

TEST(Gradients, OfSecondOrderReachTheOutputOfAnOp) {
    // y = sigmoid(x), s = sum y^2: ds/dx = 2y y(1-y), whose derivative by y is 4y - 6y^2.
    Tensor x = Tensor::from(std::vector<double>{0.3}, {1}, Device::reference());
    x.set_requires_grad(true);
    const Tensor y = sigmoid(x);
    const Tensor dx = gradients(sum(y * y), std::vector{x}, true)[0];
    const double value = y.item();
    EXPECT_NEAR(gradients(sum(dx), std::vector{y})[0].item(), 4 * value - 6 * value * value, 1e-12);
}

TEST(Gradients, CanBeDifferentiatedTwice) {
    const Tensor x = parameter({2});
    const Tensor inputs[] = {x};
    const Tensor first = gradients(sum(x * x * x * x), inputs, true)[0];
    const Tensor second = gradients(sum(first), inputs, true)[0];
    const Tensor third = gradients(sum(second), inputs)[0];
    EXPECT_EQ(first.item(), 32);
    EXPECT_EQ(second.item(), 48);
    EXPECT_EQ(third.item(), 48);
    EXPECT_FALSE(third.requires_grad());
}

TEST(Backward, RefusesWhatItCannotDifferentiate) {
    const Tensor x = parameter({1, 2}), constant = tensor({1, 2});
    const Tensor inputs[] = {constant}, parameters[] = {x};
    expect_usage_error([&] { backward(x * x); }, {"[backward]", "one element", "2"});
    expect_usage_error([&] { backward(sum(constant)); }, {"[backward]", "depends on no parameter"});
    expect_usage_error([&] { gradients(x * x, parameters); }, {"[gradients]", "one element"});
    expect_usage_error([&] { gradients(sum(x * constant), inputs); }, {"[gradients]", "set_requires_grad"});
    Tensor computed = x * x;
    expect_usage_error([&] { computed.set_requires_grad(false); }, {"[set_requires_grad]", "leaves", "detach"});
}

TEST(Backward, ForgetsAWalkThatThrew) {
    Tensor w = Tensor::full({1}, 2, Device::reference());
    w.set_requires_grad(true);
    const Tensor target = Tensor::zeros({1}, Device::reference());
    const Tensor loss = squared_error(w * w, target, 1);
    EXPECT_THROW(gradients(loss, std::vector{w}, true), UsageError);
    backward(loss);
    EXPECT_DOUBLE_EQ(w.grad().item(), 32);  // d w^4 = 4 w^3
}

TEST(Backward, OfAParameterItselfIsOne) {
    Tensor w = Tensor::full({1}, 2, Device::reference());
    w.set_requires_grad(true);
    backward(w);
    EXPECT_EQ(w.grad().item(), 1);
}

TEST(Backward, RefusesNumbersThatWereDrawnInAnotherStep) {
    Generator generator(1, Device::reference());
    Tensor x = Tensor::full({8}, 1, Device::reference());
    x.set_requires_grad(true);
    const Tensor y = sum(dropout(x, 0.5, generator));
    generator.start_step(2);
    EXPECT_THROW(backward(y), UsageError);
}

TEST(Backward, DrawsAgainAfterTheGeneratorIsGone) {
    Tensor x = Tensor::full({64}, 1, Device::reference());
    x.set_requires_grad(true);
    Tensor y;
    {
        Generator generator(1, Device::reference());
        y = dropout(x, 0.5, generator);
    }
    const Tensor elsewhere = Tensor::full({2}, 7, Device::reference());  // would reuse the counter's memory
    backward(sum(y));
    EXPECT_EQ(x.grad().to_doubles(), y.to_doubles());
}

TEST(Ops, RefuseOperandsOnTwoDevices) {
    const Tensor a = Tensor::full({2, 2}, 1, Device::cpu()), b = Tensor::full({2, 2}, 1, Device::reference());
    EXPECT_THROW(matmul(a, b), UsageError);
    EXPECT_THROW(linear(a, b, {}), UsageError);
    EXPECT_THROW(squared_error(a, b, 1), UsageError);
    EXPECT_THROW(a + b, UsageError);
}

TEST(Backward, RefusesAGradientOfTheWrongShape) {
    const Tensor x = parameter({1, 2});
    const Tensor y = record("crooked", tensor({1}), {x}, [](Backward& back) { back.add(0, back.dy()); });
    expect_usage_error([&] { backward(y); }, {"[crooked]", "input 0", "2", "1"});
}

}  // namespace
}  // namespace sinter::tests
