// The vendor's libraries behind three families of contracts: matrix products by cuBLASLt, convolutions and batch
// normalisation by cuDNN. This header names neither library, so sinter builds and starts without them.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/batch_norm.h"
#include "kernels/conv.h"
#include "kernels/gemm.h"

namespace sinter::kernels {

/// How the arrays of a call lie.
enum class VendorForm : std::uint8_t {
    /// As sinter's contracts have them. What a library wants otherwise is made in scratch memory, in every call.
    contract,
    /// As a program would keep them that is written for the libraries: weights of convolutions and their gradients
    /// [out, height, width, in]; in bf16 also the operands of products, and all arrays of convolutions but the bias, as
    /// bf16 numbers at the same addresses. For benchmarks, which thereby time the libraries alone.
    native,
};

/// Kernels that a CudaQueue with Engine::vendor asks first. Each returns whether it did the call as its contract says;
/// false leaves it to sinter's own kernel, with nothing written (docs/vendor.md lists when). After the first call of a
/// shape, calls allocate nothing, wait for nothing and can be captured. They throw QueueError where a library fails.
class VendorKernels {
public:
    virtual ~VendorKernels() = default;

    /// The number of calls that the libraries did. It tells a benchmark whether it timed them.
    std::int64_t calls_done = 0;

    /// Of the arrays of the next calls.
    VendorForm form = VendorForm::contract;

    virtual bool gemm(CudaQueue& queue, float* c, const float* a, const float* b, const GemmShape& shape,
                      const Epilogue<float>& epilogue) = 0;

    virtual bool conv_forward(CudaQueue& queue, float* y, const float* x, const float* w, const ConvGeometry& geometry,
                              const Epilogue<float>& epilogue) = 0;
    virtual bool conv_input_gradient(CudaQueue& queue, float* dx, const float* dy, const float* w,
                                     const ConvGeometry& geometry, const Epilogue<float>& epilogue) = 0;
    virtual bool conv_weight_gradient(CudaQueue& queue, float* dw, const float* x, const float* dy,
                                      const ConvGeometry& geometry, bool accumulate) = 0;

    virtual bool batch_norm_forward(CudaQueue& queue, float* y, float* mean, float* inverse_deviation,
                                    float* running_mean, float* running_variance, const float* x, const float* gamma,
                                    const float* beta, MatrixShape shape, const BatchNormOptions& options) = 0;
    virtual bool batch_norm_backward(CudaQueue& queue, float* dx, float* dgamma, float* dbeta, const float* dy,
                                     const float* x, const float* gamma, const float* beta, const float* mean,
                                     const float* inverse_deviation, MatrixShape shape, Activation activation,
                                     bool accumulate) = 0;
    virtual bool batch_norm_inference(CudaQueue& queue, float* y, const float* x, const float* gamma, const float* beta,
                                      const float* running_mean, const float* running_variance, MatrixShape shape,
                                      double epsilon, Activation activation) = 0;
};

/// Whether the queue's engine is the vendor's and has done the call: the first line of a launcher of sinter's own,
///     if (done_by_vendor<&VendorKernels::gemm>(queue, c, a, b, shape, epilogue)) return;
template <auto kernel, class... Arguments>
bool done_by_vendor(CudaQueue& queue, const Arguments&... arguments) {
    VendorKernels* const vendor = queue.vendor();
    if (!vendor || !(vendor->*kernel)(queue, arguments...)) return false;
    ++vendor->calls_done;
    return true;
}

/// Loads the libraries, once for the process, and opens a handle of each on the queue's device and stream, for the life
/// of the result. Throws QueueError where a library is missing, with its name and the places that were searched.
std::unique_ptr<VendorKernels> load_vendor_kernels(CudaQueue& queue);

}  // namespace sinter::kernels
