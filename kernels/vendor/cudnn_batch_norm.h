// Batch normalisation by cuDNN.
#pragma once

#include <map>

#include "kernels/batch_norm.h"
#include "kernels/vendor/cudnn.h"

namespace sinter::kernels {

/// Batch normalisation by one handle of cuDNN. The members are those of VendorKernels without the prefix.
class CudnnBatchNorm {
public:
    explicit CudnnBatchNorm(cudnnHandle_t handle) : handle_(handle) {}

    bool forward(CudaQueue& queue, float* y, float* mean, float* inverse_deviation, float* running_mean,
                 float* running_variance, const float* x, const float* gamma, const float* beta, MatrixShape shape,
                 const BatchNormOptions& options);
    bool backward(CudaQueue& queue, float* dx, float* dgamma, float* dbeta, const float* dy, const float* x,
                  const float* gamma, const float* beta, const float* mean, const float* inverse_deviation,
                  MatrixShape shape, Activation activation, bool accumulate);
    bool inference(CudaQueue& queue, float* y, const float* x, const float* gamma, const float* beta,
                   const float* running_mean, const float* running_variance, MatrixShape shape, double epsilon,
                   Activation activation);

private:
    struct Descriptors {
        TensorDescriptor matrix, channels;
    };
    /// The descriptors of a matrix [rows, channels], whose rows are the pixels of images.
    const Descriptors& descriptors_of(MatrixShape shape);

    cudnnHandle_t handle_;
    std::map<MatrixShape, Descriptors> descriptors_;
};

}  // namespace sinter::kernels
