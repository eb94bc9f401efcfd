// What the kernels of batch normalisation share: the rows of the size of a channel that they read and write, and the
// arithmetic on them.
#pragma once

#include "kernels/batch_norm.h"
#include "kernels/cuda/toolbox/activation.cuh"
#include "kernels/cuda/toolbox/column_sums.cuh"

namespace sinter::kernels {

/// Where the statistics of a batch are written, and the constants; running_* may be null together.
struct StatisticsOutput {
    float* mean;
    float* inverse_deviation;
    float* running_mean;
    float* running_variance;
    float epsilon, momentum;
};

/// Writes the statistics of four columns from their means and the sums of their squared deviations, and returns the
/// inverse deviations. `stores` is true in one thread of those that have these columns.
__device__ __forceinline__ Quad finish_statistics(const StatisticsOutput& statistics, const Quad& mean,
                                                  const float (&squares)[kQuad], Index rows, Index column, Index left,
                                                  bool stores) {
    const float per_row = 1 / static_cast<float>(rows);
    Quad inverse_deviation;
#pragma unroll
    for (int j = 0; j < kQuad; ++j) {
        inverse_deviation[j] = 1 / sqrtf(__fmaf_rn(per_row, squares[j], statistics.epsilon));
    }
    if (!stores) return inverse_deviation;
    store4(statistics.mean + column, mean, left);
    store4(statistics.inverse_deviation + column, inverse_deviation, left);
    if (!statistics.running_mean) return inverse_deviation;
    const float momentum = statistics.momentum, keep = 1 - momentum;
    const float squares_share = momentum / static_cast<float>(rows - 1);
    Quad running_mean = load4(statistics.running_mean + column, left);
    Quad running_variance = load4(statistics.running_variance + column, left);
#pragma unroll
    for (int j = 0; j < kQuad; ++j) {
        running_mean[j] = __fmaf_rn(keep, running_mean[j], momentum * mean[j]);
        running_variance[j] = __fmaf_rn(keep, running_variance[j], squares_share * squares[j]);
    }
    store4(statistics.running_mean + column, running_mean, left);
    store4(statistics.running_variance + column, running_variance, left);
    return inverse_deviation;
}

/// s = scale (x - mean) + beta, for the four columns of a thread.
struct Normalisation {
    Quad mean, scale, beta;

    __device__ __forceinline__ float operator()(float centred, int j) const {
        return __fmaf_rn(scale[j], centred, beta[j]);
    }
};

/// What the passes over the matrix get: a row of numbers, one for each channel.
struct ChannelRows {
    const float* gamma;
    const float* beta;
    const float* mean;
    const float* inverse_deviation;

    __device__ __forceinline__ Normalisation of(const ColumnGrid& grid) const {
        const Index column = grid.column(), left = grid.columns_left();
        Normalisation n{load4(mean + column, left), load4(gamma + column, left), load4(beta + column, left)};
        const Quad inverse = load4(inverse_deviation + column, left);
#pragma unroll
        for (int j = 0; j < kQuad; ++j) n.scale[j] *= inverse[j];
        return n;
    }
};

/// ds = dy f'(s)
template <class Function>
__device__ __forceinline__ float gradient_of_s(const Function& f, float dy, float s) {
    return dy * f.slope_at(s);
}

/// What the gradients of all rows have in common: dx = scale (ds - offset - slope (x - mean)).
struct CommonGradient {
    Quad offset;  ///< sum ds / rows
    Quad slope;   ///< inverse_deviation sum ds xhat / rows
};

/// Writes dgamma and dbeta of four columns from their sums of ds and of ds (x - mean), and returns what dx needs of
/// them. `stores` is true in one thread of those that have these columns.
__device__ __forceinline__ CommonGradient finish_gradient_sums(float* dgamma, float* dbeta, float (&sums)[2 * kQuad],
                                                               const Quad& inverse_deviation, bool accumulate,
                                                               const ColumnGrid& grid, bool stores) {
    const float per_row = 1 / static_cast<float>(grid.shape.rows);
    CommonGradient common;
#pragma unroll
    for (int j = 0; j < kQuad; ++j) {
        sums[kQuad + j] *= inverse_deviation[j];
        common.offset[j] = per_row * sums[j];
        common.slope[j] = per_row * sums[kQuad + j] * inverse_deviation[j];
    }
    if (stores) {
        store_sums(dbeta + grid.column(), sums, grid.columns_left(), accumulate);
        store_sums(dgamma + grid.column(), sums + kQuad, grid.columns_left(), accumulate);
    }
    return common;
}

/// Whether a block can hold all rows of a strip of columns in its registers. short_batch_norm_* then need one launch,
/// and read their inputs once.
bool is_short(MatrixShape shape);

void short_batch_norm_forward(CudaQueue& queue, float* y, const StatisticsOutput& statistics, const float* x,
                              const float* gamma, const float* beta, MatrixShape shape, Activation activation);
void short_batch_norm_backward(CudaQueue& queue, float* dx, float* dgamma, float* dbeta, const float* dy,
                               const float* x, const ChannelRows& rows, MatrixShape shape, Activation activation,
                               bool accumulate);

}  // namespace sinter::kernels
