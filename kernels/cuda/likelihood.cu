// Log-likelihoods of reconstructions on the device: a warp has a row, and adds it up in an order of its own.
//
// Limiter: memory, at 4 bytes an element; the targets of neighbouring rows are the same and come from the nearest
// cache.
#include "kernels/likelihood.h"

#include <cmath>

#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/block_sum.cuh"
#include "kernels/cuda/toolbox/divisor.cuh"
#include "kernels/cuda/toolbox/quad.cuh"

namespace sinter::kernels {
namespace {

constexpr Index kWarpQuads = Index{kWarp} * kQuad;

/// The sum of term(x, t) over the row of this warp, in its first lane; false in all others, and without a row.
template <class Term>
__device__ __forceinline__ bool sum_row(float& sum, Index& row, const float* rows, const float* targets,
                                        const RepeatedRows& shape, const Divisor& repeats, const Term& term) {
    row = thread_of_grid() / kWarp;
    if (row >= shape.rows) return false;  // the whole warp
    const float* const x_row = rows + row * shape.columns;
    const float* const t_row = targets + repeats.quotient(row) * shape.columns;
    const Index lane = threadIdx.x % kWarp;
    sum = 0;
    for (Index c = lane * kQuad; c < shape.columns; c += kWarpQuads) {
        const Index left = shape.columns - c;
        const Quad x = load4(x_row + c, left), t = load4(t_row + c, left);
#pragma unroll
        for (int j = 0; j < kQuad; ++j) sum += j < left ? term(x[j], t[j]) : 0.0f;
    }
    sum = warp_sum(sum);
    return lane == 0;
}

__global__ void __launch_bounds__(kBlock)
    bernoulli_log_likelihood_kernel(float* y, const float* logits, const float* targets, RepeatedRows shape,
                                    Divisor repeats) {
    float sum = 0;
    Index row = 0;
    const auto term = [](float x, float t) { return x * t - fmaxf(x, 0.0f) - log1pf(expf(-fabsf(x))); };
    if (sum_row(sum, row, logits, targets, shape, repeats, term)) y[row] = sum;
}

__global__ void __launch_bounds__(kBlock)
    gaussian_log_likelihood_kernel(float* y, const float* means, const float* targets, RepeatedRows shape,
                                   Divisor repeats, float precision, float constant_part) {
    float sum = 0;
    Index row = 0;
    const auto term = [](float x, float t) { return (x - t) * (x - t); };
    if (sum_row(sum, row, means, targets, shape, repeats, term))
        y[row] = -0.5f * __fmaf_rn(sum, precision, constant_part);
}

}  // namespace

void bernoulli_log_likelihood(CudaQueue& queue, Real* y, const Real* logits, const Real* targets, RepeatedRows shape) {
    launch<bernoulli_log_likelihood_kernel>(queue, blocks_for(shape.rows * kWarp), kBlock, 0, y, logits, targets, shape,
                                            Divisor(shape.repeats));
}

void gaussian_log_likelihood(CudaQueue& queue, Real* y, const Real* means, const Real* targets, RepeatedRows shape,
                             double log_variance) {
    const double constant_part = static_cast<double>(shape.columns) * (log_variance + kLogTwoPi);
    launch<gaussian_log_likelihood_kernel>(queue, blocks_for(shape.rows * kWarp), kBlock, 0, y, means, targets, shape,
                                           Divisor(shape.repeats), static_cast<float>(std::exp(-log_variance)),
                                           static_cast<float>(constant_part));
}

}  // namespace sinter::kernels
