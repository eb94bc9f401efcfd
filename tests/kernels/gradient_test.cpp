// The reference gradients against central differences in double: the truth that the optimised kernels are held to.
#include <gtest/gtest.h>

#include <vector>

#include "kernels/activation.h"
#include "kernels/cases/activations.h"
#include "kernels/elementwise.h"
#include "kernels/loss.h"
#include "kernels/vae.h"
#include "tests/kernels/finite_differences.h"

namespace sinter::kernels {
namespace {

TEST(Gradient, OfEveryActivation) {
    RefQueue<double> queue;
    constexpr MatrixShape kShape{6, 5};
    const Vector x = filled(30, {Fill::uniform, -3, 3}, 1), bias = filled(5, {Fill::uniform, -1, 1}, 2);
    const Vector dy = filled(30, {Fill::uniform, -1, 1}, 3);
    for (const NamedActivation& named : kAllActivations) {
        const Activation activation = named.activation;
        const std::string what = named.name;
        const auto forward = [&](const Vector& input, const Vector& shift) {
            Vector y(input.size());
            add_row(queue, y.data(), input.data(), shift.data(), kShape);
            activation_forward(queue, y.data(), y.data(), kShape.count(), activation);
            return y;
        };
        Vector kept = forward(x, bias);
        if (keeps_input(activation.kind)) add_row(queue, kept.data(), x.data(), bias.data(), kShape);
        Vector dx(30), dx_with_bias(30), dbias(5);
        activation_backward(queue, dx.data(), dy.data(), kept.data(), kShape.count(), activation);
        bias_activation_backward(queue, dx_with_bias.data(), dbias.data(), dy.data(), kept.data(), kShape, activation,
                                 false);
        EXPECT_EQ(dx, dx_with_bias) << what;
        expect_gradient(
            dx, x, [&](const Vector& moved) { return dot(dy, forward(moved, bias)); }, what.c_str());
        expect_gradient(
            dbias, bias, [&](const Vector& moved) { return dot(dy, forward(x, moved)); }, what.c_str());
    }
}

TEST(Gradient, OfClamp) {
    RefQueue<double> queue;
    const Vector x = filled(40, {Fill::uniform, -2, 2}, 1), dy = filled(40, {Fill::uniform, -1, 1}, 2);
    Vector dx(40);
    clamp_backward(queue, dx.data(), dy.data(), x.data(), 40, -0.5, 1);
    expect_gradient(
        dx, x,
        [&](const Vector& moved) {
            Vector y(40);
            clamp(queue, y.data(), moved.data(), 40, -0.5, 1);
            return dot(dy, y);
        },
        "clamp");
}

TEST(Gradient, OfThePointwiseLosses) {
    RefQueue<double> queue;
    const Vector x = filled(40, {Fill::uniform, -6, 6}, 1), targets = filled(40, {Fill::uniform, 0, 1}, 2);
    double value;
    Vector dx(40);
    sigmoid_cross_entropy(queue, &value, dx.data(), x.data(), targets.data(), 40, 0.3);
    expect_gradient(
        dx, x,
        [&](const Vector& moved) {
            double loss;
            sigmoid_cross_entropy(queue, &loss, static_cast<double*>(nullptr), moved.data(), targets.data(), 40, 0.3);
            return loss;
        },
        "sigmoid_cross_entropy");
    squared_error(queue, &value, dx.data(), x.data(), targets.data(), 40, 0.3);
    expect_gradient(
        dx, x,
        [&](const Vector& moved) {
            double loss;
            squared_error(queue, &loss, static_cast<double*>(nullptr), moved.data(), targets.data(), 40, 0.3);
            return loss;
        },
        "squared_error");
}

TEST(Gradient, OfSoftmaxCrossEntropy) {
    RefQueue<double> queue;
    constexpr MatrixShape kShape{4, 7};
    const Vector x = filled(28, {Fill::uniform, -4, 4}, 1);
    const std::vector<std::int32_t> labels = {0, 6, 3, 3};
    double value;
    Vector dx(28);
    softmax_cross_entropy(queue, &value, dx.data(), x.data(), labels.data(), kShape, 0.3);
    expect_gradient(
        dx, x,
        [&](const Vector& moved) {
            double loss;
            softmax_cross_entropy(queue, &loss, static_cast<double*>(nullptr), moved.data(), labels.data(), kShape,
                                  0.3);
            return loss;
        },
        "softmax_cross_entropy");
}

TEST(Gradient, OfTheVariationalBottleneck) {
    RefQueue<double> queue;
    constexpr LatentShape kShape{4, 3};
    const std::uint64_t step = 5;
    const RandomAddress noise{1, 2, &step};
    Vector heads = filled(24, {Fill::uniform, -2, 2}, 1);
    heads[3] = -23;  // log-variances beyond the clamp
    heads[4] = 21;
    const Vector dz = filled(12, {Fill::uniform, -1e-3, 1e-3}, 2);  // small beside exp(10)
    const double dkl = 0.7, scale = 1e-3;
    Vector dheads(24);
    reparameterise_kl_backward(queue, dheads.data(), dz.data(), &dkl, heads.data(), kShape, scale, noise);
    EXPECT_EQ(dheads[3], 0);
    EXPECT_EQ(dheads[4], 0);

    // exp(20) of the clamped element would drown the differences of the others; its own gradient is known to be zero.
    heads[4] = 0.5;
    reparameterise_kl_backward(queue, dheads.data(), dz.data(), &dkl, heads.data(), kShape, scale, noise);
    expect_gradient(
        dheads, heads,
        [&](const Vector& moved) {
            Vector z(12);
            double kl;
            reparameterise_kl_forward(queue, z.data(), &kl, moved.data(), kShape, scale, noise);
            return dot(dz, z) + dkl * kl;
        },
        "reparameterise_kl");
}

}  // namespace
}  // namespace sinter::kernels
