// cuDNN's definitions are sinter's: the biased variance normalises, the unbiased one is tracked with `momentum` as the
// share of the batch, and what forward saves for backward is the mean and 1 / sqrt(biased variance + epsilon).
#include "kernels/vendor/cudnn_batch_norm.h"

#include <numeric>
#include <string>
#include <utility>

#include "kernels/vendor/passes.h"

namespace sinter::kernels {
namespace {

constexpr cudnnBatchNormMode_t kMode = CUDNN_BATCHNORM_SPATIAL;
constexpr float kZero = 0, kOne = 1;

template <class... Pointers>
bool maps(MatrixShape shape, const Pointers*... pointers) {
    return shape.rows > 1 && shape.columns > 0 && fits_cudnn(shape.count()) && (in_quads(pointers) && ...);
}

std::string text(MatrixShape shape) { return std::to_string(shape.rows) + "x" + std::to_string(shape.columns); }

}  // namespace

const CudnnBatchNorm::Descriptors& CudnnBatchNorm::descriptors_of(MatrixShape shape) {
    if (const auto known = descriptors_.find(shape); known != descriptors_.end()) return known->second;
    Descriptors descriptors;
    // As many images as a batch has, for cuDNN's limits on those are lower than the rows that there can be.
    const Index images = std::gcd(shape.rows, Index{128});
    describe_images(descriptors.matrix, {images, shape.rows / images, 1, shape.columns}, CUDNN_DATA_FLOAT);
    cudnn().check(cudnn().DeriveBNTensorDescriptor(descriptors.channels, descriptors.matrix, kMode),
                  "describing channels");
    return descriptors_.emplace(shape, std::move(descriptors)).first->second;
}

bool CudnnBatchNorm::forward(CudaQueue& queue, float* y, float* mean, float* inverse_deviation, float* running_mean,
                             float* running_variance, const float* x, const float* gamma, const float* beta,
                             MatrixShape shape, const BatchNormOptions& options) {
    if (!maps(shape, y, mean, inverse_deviation, running_mean, running_variance, x, gamma, beta)) return false;
    const auto& [matrix, channels] = descriptors_of(shape);
    cudnn().check(cudnn().BatchNormalizationForwardTraining(handle_, kMode, &kOne, &kZero, matrix, x, matrix, y,
                                                            channels, gamma, beta, options.momentum, running_mean,
                                                            running_variance, options.epsilon, mean, inverse_deviation),
                  [&] { return "normalising a batch of " + text(shape); });
    bias_activation_forward(queue, y, nullptr, shape, options.activation);
    return true;
}

bool CudnnBatchNorm::backward(CudaQueue& queue, float* dx, float* dgamma, float* dbeta, const float* dy, const float* x,
                              const float* gamma, const float* beta, const float* mean, const float* inverse_deviation,
                              MatrixShape shape, Activation activation, bool accumulate) {
    if (!maps(shape, dx, dgamma, dbeta, dy, x, gamma, beta, mean, inverse_deviation)) return false;
    const auto& [matrix, channels] = descriptors_of(shape);
    // cuDNN ends before the activation and does not promise to work in place, so ds has memory of its own then.
    const bool as_it_is = activation.kind == ActivationKind::identity && dx != dy;
    const CudaScratch scratch(queue, as_it_is ? 0 : static_cast<std::size_t>(shape.count()) * sizeof(float));
    const float* ds = dy;
    if (!as_it_is) {
        batch_norm_activation_backward(queue, scratch.as<float>(), dy, x, gamma, beta, mean, inverse_deviation, shape,
                                       activation);
        ds = scratch.as<float>();
    }
    constexpr double kUnusedEpsilon = 1e-5;  // it is in the saved deviation already
    cudnn().check(cudnn().BatchNormalizationBackward(handle_, kMode, &kOne, &kZero, &kOne, accumulate ? &kOne : &kZero,
                                                     matrix, x, matrix, ds, matrix, dx, channels, gamma, dgamma, dbeta,
                                                     kUnusedEpsilon, mean, inverse_deviation),
                  [&] { return "taking the gradients of a batch of " + text(shape); });
    return true;
}

bool CudnnBatchNorm::inference(CudaQueue& queue, float* y, const float* x, const float* gamma, const float* beta,
                               const float* running_mean, const float* running_variance, MatrixShape shape,
                               double epsilon, Activation activation) {
    if (y == x || !maps(shape, y, x, gamma, beta, running_mean, running_variance)) return false;
    const auto& [matrix, channels] = descriptors_of(shape);
    cudnn().check(
        cudnn().BatchNormalizationForwardInference(handle_, kMode, &kOne, &kZero, matrix, x, matrix, y, channels, gamma,
                                                   beta, running_mean, running_variance, epsilon),
        [&] { return "normalising " + text(shape) + " by running statistics"; });
    bias_activation_forward(queue, y, nullptr, shape, activation);
    return true;
}

}  // namespace sinter::kernels
