// The adversarial losses against their formulas, the gradient penalties against finite differences.
#include "models/gan/gan_losses.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/nn/layers.h"
#include "core/ops/arithmetic.h"
#include "core/ops/conv.h"
#include "core/ops/linear.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/tape.h"
#include "tests/common/errors.h"
#include "tests/common/gradient_check.h"

namespace sinter {
namespace {

using namespace tests;

Tensor logits(const std::vector<double>& values) {
    return Tensor::from(std::span<const double>(values), {static_cast<Index>(values.size()), 1}, Device::reference());
}

double softplus_of(double x) { return std::log1p(std::exp(x)); }

TEST(GanLosses, AreTheirFormulas) {
    const Tensor real = logits({-2, 0.5, 3}), fake = logits({1, -0.5, -4});
    const auto mean_of = [](double a, double b, double c) { return (a + b + c) / 3; };
    EXPECT_NEAR(discriminator_loss(GanLoss::logistic, real, fake).item(),
                mean_of(softplus_of(2), softplus_of(-0.5), softplus_of(-3)) +
                    mean_of(softplus_of(1), softplus_of(-0.5), softplus_of(-4)),
                1e-12);
    EXPECT_NEAR(generator_loss(GanLoss::logistic, fake).item(),
                mean_of(softplus_of(-1), softplus_of(0.5), softplus_of(4)), 1e-12);
    EXPECT_NEAR(discriminator_loss(GanLoss::least_squares, real, fake).item(),
                0.5 * mean_of(9, 0.25, 4) + 0.5 * mean_of(1, 0.25, 16), 1e-12);
    EXPECT_NEAR(generator_loss(GanLoss::least_squares, fake).item(), 0.5 * mean_of(0, 2.25, 25), 1e-12);
    EXPECT_NEAR(discriminator_loss(GanLoss::hinge, real, fake).item(), mean_of(3, 0.5, 0) + mean_of(2, 0.5, 0), 1e-12);
    EXPECT_NEAR(discriminator_loss(GanLoss::wasserstein, real, fake).item(), -3.5 / 3 - 0.5, 1e-12);
    for (const GanLoss loss : {GanLoss::hinge, GanLoss::wasserstein})
        EXPECT_NEAR(generator_loss(loss, fake).item(), 3.5 / 3, 1e-12);
}

TEST(GanLosses, SmoothTheLabelOfRealImagesOnly) {
    const Tensor real = logits({2}), fake = logits({-1});
    EXPECT_NEAR(discriminator_loss(GanLoss::logistic, real, fake, 0.9).item(),
                0.9 * softplus_of(-2) + 0.1 * softplus_of(2) + softplus_of(-1), 1e-12);
    EXPECT_NEAR(discriminator_loss(GanLoss::least_squares, real, fake, 0.9).item(), 0.5 * 1.21 + 0.5, 1e-12);
    for (const GanLoss loss : {GanLoss::hinge, GanLoss::wasserstein})
        expect_usage_error([&] { discriminator_loss(loss, real, fake, 0.9); }, {"[gan_loss]", "0.9", "leave"});
}

TEST(GanLosses, HaveNames) {
    EXPECT_EQ(value_of(kGanLosses, "logistic", ""), GanLoss::logistic);
    EXPECT_EQ(value_of(kGanLosses, "least-squares", ""), GanLoss::least_squares);
    EXPECT_EQ(value_of(kGanLosses, "hinge", ""), GanLoss::hinge);
    EXPECT_EQ(value_of(kGanLosses, "wasserstein", ""), GanLoss::wasserstein);
}

// The finite differences keep off the kinks by the seeds of the logits: 0.2 and more from 0, and no value within a step
// of 1e-5 of hinge's +-1.
TEST(GanLosses, HaveTheGradientsOfTheirValues) {
    const std::vector<Tensor> pair = {away_from_zero({5, 1}, 1), away_from_zero({5, 1}, 2)};
    for (const GanLoss loss : {GanLoss::logistic, GanLoss::least_squares, GanLoss::hinge, GanLoss::wasserstein}) {
        const std::string name = "loss " + std::to_string(static_cast<int>(loss));
        expect_gradients(
            name + ", discriminator", [&](Inputs x) { return discriminator_loss(loss, x[0], x[1]); }, pair,
            Derivatives::first);
        expect_gradients(
            name + ", generator", [&](Inputs x) { return generator_loss(loss, x[0]); }, {pair[0]}, Derivatives::first);
    }
}

/// A small discriminator of images 6x6x2 with the weights that the check moves: convolution, LeakyReLU, dense, tanh,
/// dense.
Tensor small_discriminator(const Tensor& images, Inputs weights) {
    const ConvOptions options{2, same_padding(6, 3, 2), same_padding(6, 3, 2)};
    const Tensor hidden = conv2d(images, weights[0], weights[1], options, leaky_relu(0.2));
    const Tensor features = linear(reshape(hidden, {images.size(0), 27}), weights[2], {}, tanh());
    return linear(features, weights[3], {});
}

std::vector<Tensor> small_weights() {
    return {uniform({3, 3, 2, 3}, -0.5, 0.5, 1), uniform({3}, -0.5, 0.5, 2), uniform({27, 4}, -0.5, 0.5, 3),
            uniform({4, 1}, -1, 1, 4)};
}

TEST(GradientPenalty, HasTheGradientsOfItsValue) {
    const Tensor real = uniform({3, 6, 6, 2}, -1, 1, 5), fake = uniform({3, 6, 6, 2}, -1, 1, 6);
    expect_gradients(
        "gradient_penalty",
        [&](Inputs weights) {
            Generator generator(7, Device::reference());  // the same interpolates every time
            return gradient_penalty([&](const Tensor& x) { return small_discriminator(x, weights); }, real, fake,
                                    generator);
        },
        small_weights(), Derivatives::first);
}

TEST(R1Penalty, HasTheGradientsOfItsValue) {
    const Tensor real = uniform({3, 6, 6, 2}, -1, 1, 5);
    expect_gradients(
        "r1_penalty",
        [&](Inputs weights) {
            return r1_penalty([&](const Tensor& x) { return small_discriminator(x, weights); }, real);
        },
        small_weights(), Derivatives::first);
}

/// D(x) = a sum of squares: dD/dx = 2 a x, so that the penalties have a value on paper.
Discriminate half_paraboloid(double a) {
    return [a](const Tensor& x) {
        const Tensor rows = reshape(x, {x.size(0), x.count() / x.size(0)});
        return reshape(sum(a * (rows * rows), {1}), {x.size(0), 1});
    };
}

TEST(GradientPenalty, JudgesOneInterpolateOfEveryPair) {
    // Images of one pixel, fake 0 and real 1: the interpolate is the share e itself, the slope 2 a e.
    const Tensor real = Tensor::full({4, 1, 1, 1}, 1, Device::reference()),
                 fake = Tensor::zeros({4, 1, 1, 1}, real.device());
    Generator generator(3, Device::reference()), same(3, Device::reference());
    double expected = 0;
    for (const double e : random_uniform({4}, 0, 1, same).to_doubles()) expected += std::pow(3 * e - 1, 2) / 4;
    EXPECT_NEAR(gradient_penalty(half_paraboloid(1.5), real, fake, generator).item(), expected, 1e-11);
}

TEST(GradientPenalty, HasAFiniteGradientWhereTheDiscriminatorIsFlat) {
    Tensor slope = Tensor::zeros({1}, Device::reference());
    slope.set_requires_grad(true);
    const Tensor images = Tensor::full({2, 1, 1, 1}, 0.5, slope.device());
    Generator generator(3, Device::reference());
    const Tensor penalty = gradient_penalty(
        [&](const Tensor& x) {
            return multiply_scalar(reshape(x, {2, 1}), slope);
        },
        images, images, generator);
    backward(penalty);
    EXPECT_NEAR(penalty.item(), 1, 1e-5);
    EXPECT_TRUE(std::isfinite(slope.grad().item()));
}

TEST(R1Penalty, IsTheMeanSquaredSlopeAtTheImages) {
    const Tensor real = uniform({3, 2, 2, 1}, -1, 1, 9);
    double expected = 0;
    for (const double x : real.to_doubles()) expected += 9 * x * x / 3;
    EXPECT_NEAR(r1_penalty(half_paraboloid(1.5), real).item(), expected, 1e-12);
}

TEST(Penalties, AskForTheGradientOfTheImagesOnce) {
    Tensor weight = Tensor::full({4, 1}, 0.5, Device::reference());
    weight.set_requires_grad(true);
    const Tensor real = uniform({3, 2, 2, 1}, -1, 1, 9), fake = uniform({3, 2, 2, 1}, -1, 1, 10);
    Generator generator(3, Device::reference());
    int asked = 0;
    const Discriminate discriminate = [&](const Tensor& x) {
        const Tensor seen = record("asked", x.detach(), {x}, [&](Backward& back) {
            ++asked;
            back.add(0, back.dy());
        });
        return linear(reshape(seen, {3, 4}), weight, {}, tanh());
    };
    const Tensor penalties = gradient_penalty(discriminate, real, fake, generator) + r1_penalty(discriminate, real);
    EXPECT_EQ(asked, 2);
    backward(penalties);  // on to the weights, not to the images
    EXPECT_EQ(asked, 2);
    EXPECT_TRUE(weight.grad().defined());
    EXPECT_FALSE(real.requires_grad());
    expect_usage_error(
        [&] {
            gradient_penalty(discriminate, real, Tensor::zeros({2, 2, 2, 1}, real.device()), generator);
        },
        {"[gradient_penalty]", "3x2x2x1", "2x2x2x1"});
}

}  // namespace
}  // namespace sinter
