// The reference gradients of layer normalisation against central differences, and its values against numbers worked out
// by hand.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/layer_norm.h"
#include "tests/kernels/finite_differences.h"

namespace sinter::kernels {
namespace {

Vector normalised(const Vector& x, const Vector& gamma, const Vector& beta, const LayerNormShape& shape,
                  Activation activation) {
    RefQueue<double> queue;
    Vector y(x.size()), mean(static_cast<std::size_t>(shape.rows)), inverse_deviation(mean.size());
    layer_norm_forward(queue, y.data(), mean.data(), inverse_deviation.data(), x.data(), gamma.data(), beta.data(),
                       shape, LayerNormOptions{1e-3, activation});
    return y;
}

TEST(Gradient, OfLayerNormThroughTheStatistics) {
    RefQueue<double> queue;
    constexpr Activation kActivations[] = {
        {ActivationKind::identity}, {ActivationKind::leaky_relu, 0.3f}, {ActivationKind::tanh}, {ActivationKind::gelu}};
    for (const LayerNormShape& shape : {LayerNormShape{4, 6, 6}, LayerNormShape{3, 12, 4}}) {
        const auto count = static_cast<std::size_t>(shape.count()), rows = static_cast<std::size_t>(shape.rows);
        const auto channels = static_cast<std::size_t>(shape.channels);
        const Vector x = filled(count, {Fill::uniform, -1, 3}, 1), dy = filled(count, {Fill::uniform, -1, 1}, 2);
        const Vector gamma = filled(channels, {Fill::uniform, 0.5, 2}, 3);
        const Vector beta = filled(channels, {Fill::uniform, -1, 1}, 4);
        for (const Activation activation : kActivations) {
            const std::string what = "activation " + std::to_string(static_cast<int>(activation.kind));
            Vector y(count), mean(rows), inverse_deviation(rows), dx(count), dgamma(channels), dbeta(channels);
            layer_norm_forward(queue, y.data(), mean.data(), inverse_deviation.data(), x.data(), gamma.data(),
                               beta.data(), shape, LayerNormOptions{1e-3, activation});
            layer_norm_backward(queue, dx.data(), dgamma.data(), dbeta.data(), dy.data(), x.data(), gamma.data(),
                                beta.data(), mean.data(), inverse_deviation.data(), shape, activation, false);
            expect_gradient(
                dx, x, [&](const Vector& moved) { return dot(dy, normalised(moved, gamma, beta, shape, activation)); },
                (what + ", dx").c_str());
            expect_gradient(
                dgamma, gamma,
                [&](const Vector& moved) { return dot(dy, normalised(x, moved, beta, shape, activation)); },
                (what + ", dgamma").c_str());
            expect_gradient(
                dbeta, beta,
                [&](const Vector& moved) { return dot(dy, normalised(x, gamma, moved, shape, activation)); },
                (what + ", dbeta").c_str());
        }
    }
}

TEST(LayerNorm, NormalisesEachRowByItsBiasedVariance) {
    RefQueue<double> queue;
    // Two rows of two pixels of two channels; the second row is ten times the first.
    const Vector x = {1, 2, 3, 6, 10, 20, 30, 60}, gamma = {2, 1}, beta = {0.5, -1};
    Vector y(8), mean(2), inverse_deviation(2);
    layer_norm_forward(queue, y.data(), mean.data(), inverse_deviation.data(), x.data(), gamma.data(), beta.data(),
                       {2, 4, 2}, LayerNormOptions{0.5, {}});
    EXPECT_DOUBLE_EQ(mean[0], 3);
    EXPECT_DOUBLE_EQ(mean[1], 30);
    EXPECT_DOUBLE_EQ(inverse_deviation[0], 0.5);  // 14 / 4 + 1 / 2 = 4
    EXPECT_DOUBLE_EQ(y[0], 2 * (1 - 3) * 0.5 + 0.5);
    EXPECT_DOUBLE_EQ(y[1], 1 * (2 - 3) * 0.5 - 1);
    EXPECT_DOUBLE_EQ(y[2], 2 * (3 - 3) * 0.5 + 0.5);
    EXPECT_DOUBLE_EQ(y[3], 1 * (6 - 3) * 0.5 - 1);
}

}  // namespace
}  // namespace sinter::kernels
