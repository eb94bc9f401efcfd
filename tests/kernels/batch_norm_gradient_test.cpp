// The reference gradients of batch normalisation, pooling, upsampling and embedding against central differences, and
// batch normalisation against numbers worked out by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "kernels/batch_norm.h"
#include "kernels/embedding.h"
#include "kernels/pool.h"
#include "tests/kernels/finite_differences.h"

namespace sinter::kernels {
namespace {

Vector normalized(const Vector& x, const Vector& gamma, const Vector& beta, MatrixShape shape, Activation activation) {
    RefQueue<double> queue;
    Vector y(x.size()), mean(gamma.size()), inverse_deviation(gamma.size());
    batch_norm_forward(queue, y.data(), mean.data(), inverse_deviation.data(), static_cast<double*>(nullptr),
                       static_cast<double*>(nullptr), x.data(), gamma.data(), beta.data(), shape,
                       BatchNormOptions{1e-3, 0.1, activation});
    return y;
}

TEST(Gradient, OfBatchNormThroughTheStatistics) {
    RefQueue<double> queue;
    constexpr MatrixShape kShape{7, 4};
    constexpr Activation kActivations[] = {
        {ActivationKind::identity}, {ActivationKind::leaky_relu, 0.3f}, {ActivationKind::tanh}};
    const Vector x = filled(28, {Fill::uniform, -1, 3}, 1), dy = filled(28, {Fill::uniform, -1, 1}, 2);
    const Vector gamma = filled(4, {Fill::uniform, 0.5, 2}, 3), beta = filled(4, {Fill::uniform, -1, 1}, 4);
    for (const Activation activation : kActivations) {
        const std::string what = "activation " + std::to_string(static_cast<int>(activation.kind));
        Vector y(28), mean(4), inverse_deviation(4), dx(28), dgamma(4), dbeta(4);
        batch_norm_forward(queue, y.data(), mean.data(), inverse_deviation.data(), static_cast<double*>(nullptr),
                           static_cast<double*>(nullptr), x.data(), gamma.data(), beta.data(), kShape,
                           BatchNormOptions{1e-3, 0.1, activation});
        batch_norm_backward(queue, dx.data(), dgamma.data(), dbeta.data(), dy.data(), x.data(), gamma.data(),
                            beta.data(), mean.data(), inverse_deviation.data(), kShape, activation, false);
        expect_gradient(
            dx, x, [&](const Vector& moved) { return dot(dy, normalized(moved, gamma, beta, kShape, activation)); },
            (what + ", dx").c_str());
        expect_gradient(
            dgamma, gamma, [&](const Vector& moved) { return dot(dy, normalized(x, moved, beta, kShape, activation)); },
            (what + ", dgamma").c_str());
        expect_gradient(
            dbeta, beta, [&](const Vector& moved) { return dot(dy, normalized(x, gamma, moved, kShape, activation)); },
            (what + ", dbeta").c_str());
    }
}

TEST(BatchNorm, NormalizesByTheBiasedAndTracksTheUnbiasedVariance) {
    RefQueue<double> queue;
    const Vector x = {1, 2, 3, 6}, gamma = {2}, beta = {0.5};  // mean 3, squared deviations 14
    Vector y(4), mean(1), inverse_deviation(1), running_mean = {1}, running_variance = {2};
    batch_norm_forward(queue, y.data(), mean.data(), inverse_deviation.data(), running_mean.data(),
                       running_variance.data(), x.data(), gamma.data(), beta.data(), {4, 1},
                       BatchNormOptions{0.5, 0.25, {}});
    EXPECT_DOUBLE_EQ(mean[0], 3);
    EXPECT_DOUBLE_EQ(inverse_deviation[0], 0.5);  // 14 / 4 + 1 / 2 = 4
    EXPECT_DOUBLE_EQ(y[0], 2 * (1 - 3) * 0.5 + 0.5);
    EXPECT_DOUBLE_EQ(y[3], 2 * (6 - 3) * 0.5 + 0.5);
    EXPECT_DOUBLE_EQ(running_mean[0], 0.75 * 1 + 0.25 * 3);
    EXPECT_DOUBLE_EQ(running_variance[0], 0.75 * 2 + 0.25 * 14 / 3);
}

TEST(BatchNorm, InferenceEqualsTrainingOnItsOwnStatistics) {
    RefQueue<double> queue;
    constexpr MatrixShape kShape{9, 3};
    constexpr Activation kTanh{ActivationKind::tanh};
    const Vector x = filled(27, {Fill::uniform, -2, 5}, 1), gamma = filled(3, {Fill::uniform, 0.5, 2}, 2);
    const Vector beta = filled(3, {Fill::uniform, -1, 1}, 3);
    const double epsilon = 1e-3;
    Vector y(27), mean(3), inverse_deviation(3), variance(3), inferred(27);
    batch_norm_forward(queue, y.data(), mean.data(), inverse_deviation.data(), static_cast<double*>(nullptr),
                       static_cast<double*>(nullptr), x.data(), gamma.data(), beta.data(), kShape,
                       BatchNormOptions{epsilon, 0.1, kTanh});
    for (std::size_t c = 0; c < 3; ++c) variance[c] = 1 / (inverse_deviation[c] * inverse_deviation[c]) - epsilon;
    batch_norm_inference(queue, inferred.data(), x.data(), gamma.data(), beta.data(), mean.data(), variance.data(),
                         kShape, epsilon, kTanh);
    for (std::size_t i = 0; i < 27; ++i) EXPECT_NEAR(inferred[i], y[i], 1e-14) << "element " << i;
}

TEST(Gradient, OfPooling) {
    RefQueue<double> queue;
    constexpr PoolGeometry kGeometries[] = {{2, 5, 4, 3, 2, 2, 2, 2, 0}, {1, 5, 6, 2, 3, 3, 3, 2, 1}};
    for (const PoolGeometry& geometry : kGeometries) {
        const std::size_t inputs = static_cast<std::size_t>(geometry.input_count());
        const std::size_t outputs = static_cast<std::size_t>(geometry.output_count());
        const Vector x = filled(inputs, {Fill::uniform, -1, 1}, 1), dy = filled(outputs, {Fill::uniform, -1, 1}, 2);
        Vector dx(inputs);
        average_pool_backward(queue, dx.data(), dy.data(), geometry);
        expect_gradient(
            dx, x,
            [&](const Vector& moved) {
                Vector y(outputs);
                average_pool_forward(queue, y.data(), moved.data(), geometry);
                return dot(dy, y);
            },
            "average_pool");
        max_pool_backward(queue, dx.data(), dy.data(), x.data(), geometry);
        expect_gradient(
            dx, x,
            [&](const Vector& moved) {
                Vector y(outputs);
                max_pool_forward(queue, y.data(), moved.data(), geometry);
                return dot(dy, y);
            },
            "max_pool");
    }
}

TEST(MaxPool, GivesTheGradientOfEqualPixelsToTheFirst) {
    RefQueue<double> queue;
    const Vector x = {4, 7, 7, 7}, dy = {3};
    Vector dx(4);
    max_pool_backward(queue, dx.data(), dy.data(), x.data(), PoolGeometry{1, 2, 2, 1, 1, 1, 2, 2, 0});
    EXPECT_EQ(dx, (Vector{0, 3, 0, 0}));
}

TEST(Gradient, OfUpsampling) {
    RefQueue<double> queue;
    constexpr ImageShape kShape{2, 3, 2, 3};
    const Vector x = filled(36, {Fill::uniform, -1, 1}, 1), dy = filled(36 * 9, {Fill::uniform, -1, 1}, 2);
    Vector dx(36);
    upsample_nearest_backward(queue, dx.data(), dy.data(), kShape, 3);
    expect_gradient(
        dx, x,
        [&](const Vector& moved) {
            Vector y(36 * 9);
            upsample_nearest_forward(queue, y.data(), moved.data(), kShape, 3);
            return dot(dy, y);
        },
        "upsample_nearest");
}

TEST(Gradient, OfEmbedding) {
    RefQueue<double> queue;
    constexpr MatrixShape kShape{5, 3};
    const std::vector<std::int32_t> indices = {2, 0, 2, 3, 2};  // entry 1 is never picked
    const Vector table = filled(12, {Fill::uniform, -1, 1}, 1), dy = filled(15, {Fill::uniform, -1, 1}, 2);
    Vector dtable(12);
    embedding_backward(queue, dtable.data(), dy.data(), indices.data(), kShape, 4, false);
    expect_gradient(
        dtable, table,
        [&](const Vector& moved) {
            Vector y(15);
            embedding_forward(queue, y.data(), moved.data(), indices.data(), kShape);
            return dot(dy, y);
        },
        "embedding");
}

}  // namespace
}  // namespace sinter::kernels
