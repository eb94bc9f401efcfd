// Second derivatives through whole critics: penalties on the gradient for each image, as training takes them.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "core/ops/activation.h"
#include "core/ops/arithmetic.h"
#include "core/ops/batch_norm.h"
#include "core/ops/conv.h"
#include "core/ops/layer_norm.h"
#include "core/ops/linear.h"
#include "core/ops/pool.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/ops/spectral_norm.h"
#include "core/tape.h"
#include "kernels/cases/activations.h"
#include "tests/common/gradient_check.h"

namespace sinter::tests {
namespace {

using Critic = std::function<Tensor(const Tensor& images, Inputs weights)>;

/// The penalty of WGAN-GP (Gulrajani et al., arXiv:1704.00028), mean over images of (|d D(x) / dx| - 1)^2, as a
/// function of the critic's weights.
Function gradient_penalty(const Tensor& images, const Critic& critic) {
    return [=](Inputs weights) {
        const Tensor x = images.detach().set_requires_grad(true);
        const Tensor dx = gradient(sum(critic(x, weights)), x, true);
        const Index batch = x.size(0);
        const Tensor excess = affine(row_norms(reshape(dx, {batch, x.count() / batch})), 1, -1);
        return mean(excess * excess);
    };
}

TEST(GradientPenalty, ThroughTwoLayers) {
    // Small weights: the derivatives of exp(exp(x)) stay within reach of finite differences.
    const std::vector<Tensor> weights = {0.3 * away_from_zero({4, 5}, 50), 0.3 * away_from_zero({5}, 51),
                                         0.3 * away_from_zero({5, 1}, 52), 0.3 * away_from_zero({1}, 53)};
    const Tensor rows = away_from_zero({3, 4}, 54);
    for (const kernels::NamedActivation& named : kernels::kAllActivations) {
        const std::string name = named.name;
        if (name == "identity" || name == "relu") continue;  // relu may shut a whole row off: the norm has a kink there
        const Critic critic = [f = named.activation](const Tensor& x, Inputs w) {
            return linear(activate(linear(x, w[0], w[1], f), f), w[2], w[3]);
        };
        expect_gradients("gradient penalty, " + name, gradient_penalty(rows, critic), weights, Derivatives::first);
    }
}

TEST(GradientPenalty, ThroughConvolutions) {
    const Tensor images = away_from_zero({2, 6, 5, 2}, 55);
    const Tensor kernel = 0.3 * away_from_zero({3, 3, 2, 3}, 56), bias = 0.3 * away_from_zero({3}, 57);
    const ConvOptions same{2, same_padding(6, 3, 2), same_padding(5, 3, 2)};
    for (const double s : conv2d(images, kernel, bias, same).to_doubles()) {
        ASSERT_GT(std::abs(s), 1e-3) << "a finite difference would cross the kink";
    }
    const auto score = [](const Tensor& x, const Tensor& w) {
        return linear(reshape(x, {x.size(0), x.count() / x.size(0)}), w, {});
    };
    const Critic downwards = [=](const Tensor& x, Inputs w) {
        return score(conv2d(x, w[0], w[1], same, leaky_relu(0.2f)), w[2]);
    };
    expect_gradients("gradient penalty, conv2d", gradient_penalty(images, downwards),
                     {kernel, bias, 0.3 * away_from_zero({27, 1}, 58)}, Derivatives::first);
    const Critic down_and_up = [=](const Tensor& x, Inputs w) {
        const Tensor maps = conv2d(x, w[0], w[1], same, tanh());
        return score(conv2d_transpose(maps, w[2], w[3], same, 6, 5, tanh()), w[4]);
    };
    expect_gradients("gradient penalty, conv2d and conv2d_transpose", gradient_penalty(images, down_and_up),
                     {kernel, bias, 0.3 * away_from_zero({3, 3, 2, 3}, 59), 0.3 * away_from_zero({2}, 65),
                      0.3 * away_from_zero({60, 1}, 66)},
                     Derivatives::first);
}

TEST(GradientPenalty, ThroughBatchNormAndSpectralNorm) {
    const Tensor images = away_from_zero({3, 4, 4, 2}, 84);
    const Tensor kernel = 0.3 * away_from_zero({3, 3, 2, 3}, 85);
    Generator generator(31, test_device(), 2);
    SingularVectors vectors = start_power_iteration(kernel, generator);
    const Critic critic = [=](const Tensor& x, Inputs w) mutable {
        const Tensor maps = conv2d(x, spectral_norm(w[0], vectors, false), {}, {2, {1, 1}, {1, 1}});
        const Tensor normed = batch_norm(maps, w[1], w[2], {}, {}, {1e-3, 0.1, tanh()});
        const Tensor pooled = average_pool2d(upsample_nearest2d(normed, 3), {2});
        return linear(reshape(pooled, {x.size(0), pooled.count() / x.size(0)}), w[3], {});
    };
    const std::vector<Tensor> weights = {kernel, away_from_zero({3}, 86), away_from_zero({3}, 87),
                                         0.3 * away_from_zero({27, 1}, 88)};
    expect_gradients("gradient penalty, batch norm", gradient_penalty(images, critic), weights, Derivatives::first);
    // R1 (Mescheder et al., arXiv:1801.04406): the mean over images of |d D(x) / dx|^2.
    const Function r1 = [=](Inputs w) {
        const Tensor x = images.detach().set_requires_grad(true);
        const Tensor dx = gradient(sum(critic(x, w)), x, true);
        return affine(sum(dx * dx), 1.0 / 3, 0);
    };
    expect_gradients("R1, batch norm", r1, weights, Derivatives::first);
}

TEST(GradientPenalty, ThroughLayerNorm) {
    const Tensor images = away_from_zero({3, 4, 4, 2}, 91);
    const Critic critic = [=](const Tensor& x, Inputs w) {
        const Tensor maps = conv2d(x, w[0], {}, {2, {1, 1}, {1, 1}});
        const Tensor normed = layer_norm(maps, {2, 2, 3}, w[1], w[2], {1e-3, silu()});
        return linear(reshape(normed, {x.size(0), 12}), w[3], {});
    };
    const std::vector<Tensor> weights = {0.3 * away_from_zero({3, 3, 2, 3}, 92), away_from_zero({3}, 93),
                                         away_from_zero({3}, 94), 0.3 * away_from_zero({12, 1}, 95)};
    expect_gradients("gradient penalty, layer norm", gradient_penalty(images, critic), weights, Derivatives::first);
}

// A critic that an image does not reach, as through dead ReLUs, has a gradient of norm 0, where sqrt() has no slope.
TEST(GradientPenalty, IsZeroWhereTheGradientIs) {
    const Critic dead = [](const Tensor& x, Inputs w) { return linear(relu(affine(x, 1, -9)), w[0], {}); };
    std::vector<Tensor> weights = {away_from_zero({4, 1}, 89)};
    weights[0].set_requires_grad(true);
    const Tensor penalty = gradient_penalty(away_from_zero({3, 4}, 90), dead)(weights);
    EXPECT_EQ(penalty.item(), 1);
    backward(penalty);
    EXPECT_EQ(weights[0].grad().to_doubles(), std::vector<double>(4, 0));
}

}  // namespace
}  // namespace sinter::tests
