// The vendor engine, in a build that found the libraries' headers.
#include "kernels/vendor/engine.h"

#include "kernels/vendor/cublaslt_products.h"
#include "kernels/vendor/cudnn_batch_norm.h"
#include "kernels/vendor/cudnn_conv.h"

namespace sinter::kernels {
namespace {

class LoadedLibraries final : public VendorKernels {
public:
    explicit LoadedLibraries(CudaQueue& queue) : convolutions_(handle_), batch_norm_(handle_) {
        cudnn().check(cudnn().SetStream(handle_, queue.stream()), "binding a handle to a stream");
    }

    bool gemm(CudaQueue& queue, float* c, const float* a, const float* b, const GemmShape& shape,
              const Epilogue<float>& epilogue) override {
        return products_.multiply(queue, c, a, b, shape, epilogue, form);
    }

    bool conv_forward(CudaQueue& queue, float* y, const float* x, const float* w, const ConvGeometry& geometry,
                      const Epilogue<float>& epilogue) override {
        return convolutions_.forward(queue, y, x, w, geometry, epilogue, form);
    }

    bool conv_input_gradient(CudaQueue& queue, float* dx, const float* dy, const float* w, const ConvGeometry& geometry,
                             const Epilogue<float>& epilogue) override {
        return convolutions_.input_gradient(queue, dx, dy, w, geometry, epilogue, form);
    }

    bool conv_weight_gradient(CudaQueue& queue, float* dw, const float* x, const float* dy,
                              const ConvGeometry& geometry, bool accumulate) override {
        return convolutions_.weight_gradient(queue, dw, x, dy, geometry, accumulate, form);
    }

    bool batch_norm_forward(CudaQueue& queue, float* y, float* mean, float* inverse_deviation, float* running_mean,
                            float* running_variance, const float* x, const float* gamma, const float* beta,
                            MatrixShape shape, const BatchNormOptions& options) override {
        return batch_norm_.forward(queue, y, mean, inverse_deviation, running_mean, running_variance, x, gamma, beta,
                                   shape, options);
    }

    bool batch_norm_backward(CudaQueue& queue, float* dx, float* dgamma, float* dbeta, const float* dy, const float* x,
                             const float* gamma, const float* beta, const float* mean, const float* inverse_deviation,
                             MatrixShape shape, Activation activation, bool accumulate) override {
        return batch_norm_.backward(queue, dx, dgamma, dbeta, dy, x, gamma, beta, mean, inverse_deviation, shape,
                                    activation, accumulate);
    }

    bool batch_norm_inference(CudaQueue& queue, float* y, const float* x, const float* gamma, const float* beta,
                              const float* running_mean, const float* running_variance, MatrixShape shape,
                              double epsilon, Activation activation) override {
        return batch_norm_.inference(queue, y, x, gamma, beta, running_mean, running_variance, shape, epsilon,
                                     activation);
    }

private:
    CublasLtProducts products_;  // first: cuDNN then finds cuBLASLt loaded
    CudnnHandle handle_;
    CudnnConvolutions convolutions_;
    CudnnBatchNorm batch_norm_;
};

}  // namespace

std::unique_ptr<VendorKernels> load_vendor_kernels(CudaQueue& queue) {
    return std::make_unique<LoadedLibraries>(queue);
}

}  // namespace sinter::kernels
