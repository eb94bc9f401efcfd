// Activations on the device. Limiter: memory. Forward moves 8 bytes an element; backward moves 12, with the bias too,
// whose gradient is a sum over the same numbers while they are in registers.
#include "kernels/cuda/toolbox/activation.cuh"

#include "kernels/cuda/toolbox/column_sums.cuh"
#include "kernels/cuda/toolbox/pointwise.cuh"

namespace sinter::kernels {
namespace {

struct Forward {
    Activation activation;
    __device__ float operator()(float x) const { return activate(activation, x); }
};

struct Backward {
    Activation activation;
    __device__ float operator()(float dy, float kept) const { return dy * activation_derivative(activation, kept); }
};

__global__ void __launch_bounds__(kBlock)
    bias_activation_backward_kernel(float* dx, float* dbias, const float* dy, const float* kept, Activation activation,
                                    bool accumulate, ColumnGrid grid) {
    struct Rows {
        Quad dy, kept;
    };
    const Index left = grid.columns_left();
    float sums[kQuad] = {};
    with_function(activation, [&](const auto& f) {
        for_rows(
            grid,
            [&](Index i) {
                return Rows{load4(dy + i, left), load4(kept + i, left)};
            },
            [&](Index i, Rows row) {
#pragma unroll
                for (int j = 0; j < kQuad; ++j) {
                    row.dy[j] *= f.derivative(row.kept[j]);
                    sums[j] += row.dy[j];
                }
                store4(dx + i, row.dy, left);
            });
    });
    if (sum_over_rows<1>(sums, grid)) store_sums(dbias + grid.column(), sums, grid.columns_left(), accumulate);
}

}  // namespace

void activation_forward(CudaQueue& queue, Real* y, const Real* x, Index count, Activation activation) {
    pointwise(queue, y, count, Forward{activation}, Elements{x});
}

void activation_backward(CudaQueue& queue, Real* dx, const Real* dy, const Real* kept, Index count,
                         Activation activation) {
    pointwise(queue, dx, count, Backward{activation}, Elements{dy}, Elements{kept});
}

void bias_activation_backward(CudaQueue& queue, Real* dx, Real* dbias, const Real* dy, const Real* kept,
                              MatrixShape shape, Activation activation, bool accumulate) {
    launch_columns<bias_activation_backward_kernel, 1>(queue, shape, dx, dbias, dy, kept, activation, accumulate);
}

}  // namespace sinter::kernels
