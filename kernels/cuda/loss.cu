// Losses on the device: value and gradient in one launch and one pass over the data.
//
// Limiter: memory. The pointwise losses read 8 bytes an element and write 4. Softmax reads a row three times, twice of
// these out of the nearest cache.
#include "kernels/loss.h"

#include "kernels/cuda/toolbox/grid_sum.cuh"

namespace sinter::kernels {
namespace {

__global__ void __launch_bounds__(kBlock)
    sigmoid_cross_entropy_kernel(float* loss, float* dlogits, const float* logits, const float* targets, float scale,
                                 SumGrid grid) {
    float sum = 0;
    for (Index i = grid.first(); i < grid.end(); i += grid.step()) {
        const Index left = grid.count - i;
        const Quad x = load4(logits + i, left), t = load4(targets + i, left);
        Quad gradient;
#pragma unroll
        for (int j = 0; j < kQuad; ++j) {
            // With e = e^-|x| neither part overflows: the sigmoid is 1 / (1 + e) or, for negative x, e / (1 + e).
            const float e = expf(-fabsf(x[j]));
            const float term = fmaxf(x[j], 0.0f) - x[j] * t[j] + log1pf(e);
            sum += j < left ? term : 0.0f;
            gradient[j] = scale * ((x[j] < 0 ? e : 1.0f) / (1 + e) - t[j]);
        }
        if (dlogits) store4(dlogits + i, gradient, left);
    }
    if (sum_over_grid(sum, grid)) *loss = scale * sum;
}

__global__ void __launch_bounds__(kBlock) squared_error_kernel(float* loss, float* dprediction, const float* prediction,
                                                               const float* targets, float scale, SumGrid grid) {
    float sum = 0;
    for (Index i = grid.first(); i < grid.end(); i += grid.step()) {
        const Index left = grid.count - i;
        Quad difference = load4(prediction + i, left);
        const Quad t = load4(targets + i, left);
#pragma unroll
        for (int j = 0; j < kQuad; ++j) {
            difference[j] -= t[j];
            sum = __fmaf_rn(difference[j], difference[j], sum);
            difference[j] *= 2 * scale;
        }
        if (dprediction) store4(dprediction + i, difference, left);
    }
    if (sum_over_grid(sum, grid)) *loss = scale * sum;
}

/// What a warp reads at a time, and what a row counts in the grid of the softmax: a warp has a row.
constexpr Index kWarpQuads = Index{kWarp} * kQuad;

__global__ void __launch_bounds__(kBlock)
    softmax_cross_entropy_kernel(float* loss, float* dlogits, const float* logits, const std::int32_t* labels,
                                 Index columns, float scale, SumGrid grid) {
    const Index first_column = threadIdx.x % kWarp * Index{kQuad};
    float sum = 0;
    for (Index i = grid.first(); i < grid.end(); i += grid.step()) {
        const Index row = i / kWarpQuads;
        const float* const x = logits + row * columns;
        const Index label = labels[row];

        // Subtracting the largest logit changes neither log-sum-exp minus x nor softmax, and no exponential overflows.
        float largest = x[0];
        for (Index c = first_column; c < columns; c += kWarpQuads) {
            const Quad quad = load4(x + c, columns - c);
#pragma unroll
            for (int j = 0; j < kQuad; ++j) {
                if (j < columns - c) largest = fmaxf(largest, quad[j]);
            }
        }
        largest = warp_max(largest);

        float exponentials = 0;
        for (Index c = first_column; c < columns; c += kWarpQuads) {
            const Quad quad = load4(x + c, columns - c);
#pragma unroll
            for (int j = 0; j < kQuad; ++j) exponentials += j < columns - c ? expf(quad[j] - largest) : 0.0f;
        }
        exponentials = __shfl_sync(kAllLanes, warp_sum(exponentials), 0);
        if (first_column == 0) sum += logf(exponentials) + largest - x[label];

        if (!dlogits) continue;
        for (Index c = first_column; c < columns; c += kWarpQuads) {
            Quad quad = load4(x + c, columns - c);
#pragma unroll
            for (int j = 0; j < kQuad; ++j) {
                const float onehot = c + j == label ? 1.0f : 0.0f;
                quad[j] = scale * (expf(quad[j] - largest) / exponentials - onehot);
            }
            store4(dlogits + row * columns + c, quad, columns - c);
        }
    }
    if (sum_over_grid(sum, grid)) *loss = scale * sum;
}

}  // namespace

void sigmoid_cross_entropy(CudaQueue& queue, Real* loss, Real* dlogits, const Real* logits, const Real* targets,
                           Index count, double scale) {
    launch_sum<sigmoid_cross_entropy_kernel>(queue, count, loss, dlogits, logits, targets, static_cast<float>(scale));
}

void squared_error(CudaQueue& queue, Real* loss, Real* dprediction, const Real* prediction, const Real* targets,
                   Index count, double scale) {
    launch_sum<squared_error_kernel>(queue, count, loss, dprediction, prediction, targets, static_cast<float>(scale));
}

void softmax_cross_entropy(CudaQueue& queue, Real* loss, Real* dlogits, const Real* logits, const std::int32_t* labels,
                           MatrixShape shape, double scale) {
    launch_sum<softmax_cross_entropy_kernel>(queue, shape.rows * kWarpQuads, loss, dlogits, logits, labels,
                                             shape.columns, static_cast<float>(scale));
}

}  // namespace sinter::kernels
