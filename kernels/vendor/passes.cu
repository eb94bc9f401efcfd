// Limiter: memory. A bias and an activation move 8 bytes an element, the gradient before an activation 12: the price
// of a library that ends at its own result. Rounding to bf16 moves 6.
#include "kernels/vendor/passes.h"

#include "kernels/cuda/toolbox/activation.cuh"
#include "kernels/cuda/toolbox/matrix_unit.cuh"
#include "kernels/cuda/toolbox/pointwise.cuh"

namespace sinter::kernels {
namespace {

struct BiasActivation {
    Activation activation;
    __device__ float operator()(float y, float bias) const { return activate(activation, y + bias); }
};

struct BatchNormActivationBackward {
    Activation activation;
    __device__ float operator()(float dy, float x, float gamma, float beta, float mean, float inverse) const {
        const float s = __fmaf_rn(gamma * inverse, x - mean, beta);
        float slope = 1;
        with_function(activation, [&](const auto& f) { slope = f.slope_at(s); });
        return dy * slope;
    }
};

__global__ void __launch_bounds__(kBlock) round_to_bf16_kernel(uint2* rounded, const float* x, Index count) {
    const Index quad = thread_of_grid(), i = kQuad * quad;
    if (i >= count) return;
    const Quad four = load4(x + i, count - i);
    rounded[quad] = make_uint2(pack_bf16(four[0], four[1]), pack_bf16(four[2], four[3]));
}

}  // namespace

void bias_activation_forward(CudaQueue& queue, float* y, const float* bias, MatrixShape shape, Activation activation) {
    if (bias) {
        pointwise(queue, y, shape.count(), BiasActivation{activation}, Elements{y},
                  RowElements{bias, Divisor(shape.columns)});
    } else if (activation.kind != ActivationKind::identity) {
        activation_forward(queue, y, y, shape.count(), activation);
    }
}

void round_to_bf16(CudaQueue& queue, void* rounded, const float* x, Index count) {
    launch<round_to_bf16_kernel>(queue, blocks_for(parts(count, kQuad)), kBlock, 0, static_cast<uint2*>(rounded), x,
                                 count);
}

void batch_norm_activation_backward(CudaQueue& queue, float* ds, const float* dy, const float* x, const float* gamma,
                                    const float* beta, const float* mean, const float* inverse_deviation,
                                    MatrixShape shape, Activation activation) {
    const Divisor columns(shape.columns);
    const auto row = [&](const float* numbers) { return RowElements{numbers, columns}; };
    pointwise(queue, ds, shape.count(), BatchNormActivationBackward{activation}, Elements{dy}, Elements{x}, row(gamma),
              row(beta), row(mean), row(inverse_deviation));
}

}  // namespace sinter::kernels
