// Batch normalisation on the device, in two launches in each direction. The first sums columns, and its last blocks
// turn the sums into one number for each channel. The second writes y or dx.
//
// Limiter: memory. Forward reads x twice and writes y, 12 bytes an element. Backward reads x and dy twice and writes
// dx, 20 bytes. The formulas need a sum over all rows before the first result. The layers of a DCGAN fit into the
// second-level cache of a large device, which then serves the second reading.
//
// Statistics of a tile of rows are sums of differences from the tile's first row, so that a large mean does not cancel
// in the variance. The tiles are merged by splitting the squared deviations into those within the tiles and those
// between their means (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", The American
// Statistician 37, 1983), for which the mean of all rows is known first.
//
// A matrix of few rows needs one launch and reads less: batch_norm_short.cu.
#include "kernels/cuda/batch_norm.cuh"
#include "kernels/vendor/engine.h"

namespace sinter::kernels {
namespace {

/// The mean and the sum of squares of four columns.
struct Moments {
    Quad mean, squares;
};

/// The moments of a tile from the sums of x - shift and (x - shift)^2 that sum_over_tile() left, where shift is the
/// tile's first row. The mean counts from `origin`, the first row of the matrix, so that a large mean is not rounded
/// before the end; the squares are those of deviations from the tile's mean.
__device__ __forceinline__ Moments moments_of_tile(const float* x, const Quad& origin, Index tile,
                                                   const ColumnGrid& grid) {
    const Index first = grid.first_row_of_tile(tile) * grid.shape.columns + grid.column();
    const float per_row = 1 / static_cast<float>(grid.rows_of_tile(tile));
    const Quad shift = load4(x + first, grid.columns_left());
    const Quad sum = load4(grid.partial(tile, 0, 2)), squares = load4(grid.partial(tile, 1, 2));
    Moments moments;
#pragma unroll
    for (int j = 0; j < kQuad; ++j) {
        const float mean = per_row * sum[j];
        moments.mean[j] = shift[j] - origin[j] + mean;
        moments.squares[j] = __fmaf_rn(-sum[j], mean, squares[j]);
    }
    return moments;
}

__global__ void __launch_bounds__(kBlock)
    batch_norm_statistics_kernel(StatisticsOutput statistics, const float* x, ColumnGrid grid) {
    const Index columns = grid.shape.columns, column = grid.column(), left = grid.columns_left();
    const Quad shift = load4(x + grid.first_row_of_tile(blockIdx.y) * columns + column, left);
    float sums[2 * kQuad] = {};
    for_rows(
        grid, [&](Index i) { return load4(x + i, left); },
        [&](Index, const Quad& quad) {
#pragma unroll
            for (int j = 0; j < kQuad; ++j) {
                const float d = quad[j] - shift[j];
                sums[j] += d;
                sums[kQuad + j] = __fmaf_rn(d, d, sums[kQuad + j]);
            }
        });
    if (!sum_over_tile<2>(sums, grid)) return;

    const Quad origin = load4(x + column, left);
    const float per_row = 1 / static_cast<float>(grid.shape.rows);
    float mean[kQuad] = {};
    for (Index tile = grid.first_row_of_thread(); tile < gridDim.y; tile += grid.row_step()) {
        const Moments of_tile = moments_of_tile(x, origin, tile, grid);
        const auto rows = static_cast<float>(grid.rows_of_tile(tile));
#pragma unroll
        for (int j = 0; j < kQuad; ++j) mean[j] = __fmaf_rn(rows, of_tile.mean[j], mean[j]);
    }
    block_totals(mean, grid.lanes);
#pragma unroll
    for (float& of_column : mean) of_column *= per_row;

    float squares[kQuad] = {};
    for (Index tile = grid.first_row_of_thread(); tile < gridDim.y; tile += grid.row_step()) {
        const Moments of_tile = moments_of_tile(x, origin, tile, grid);
        const auto rows = static_cast<float>(grid.rows_of_tile(tile));
#pragma unroll
        for (int j = 0; j < kQuad; ++j) {
            const float between = of_tile.mean[j] - mean[j];
            squares[j] += __fmaf_rn(rows * between, between, of_tile.squares[j]);
        }
    }
    block_sums(squares, grid.lanes);
    if (static_cast<int>(threadIdx.x) >= grid.lanes) return;
    Quad batch_mean;
#pragma unroll
    for (int j = 0; j < kQuad; ++j) {
        squares[j] = squares[j] < 0 ? 0 : squares[j];  // rounding may leave a trace; NaN stays
        batch_mean[j] = origin[j] + mean[j];
    }
    finish_statistics(statistics, batch_mean, squares, grid.shape.rows, column, left, true);
}

__device__ __forceinline__ void write_normalised(float* y, const float* x, const Normalisation& normalise,
                                                 const Activation& activation, const ColumnGrid& grid) {
    const Index left = grid.columns_left();
    with_function(activation, [&](const auto& f) {
        for_rows(
            grid, [&](Index i) { return load4(x + i, left); },
            [&](Index i, Quad quad) {
#pragma unroll
                for (int j = 0; j < kQuad; ++j) quad[j] = f(normalise(quad[j] - normalise.mean[j], j));
                store4(y + i, quad, left);
            });
    });
}

__global__ void __launch_bounds__(kBlock)
    batch_norm_forward_kernel(float* y, const float* x, ChannelRows rows, Activation activation, ColumnGrid grid) {
    write_normalised(y, x, rows.of(grid), activation, grid);
}

__global__ void __launch_bounds__(kBlock)
    batch_norm_inference_kernel(float* y, const float* x, const float* gamma, const float* beta,
                                const float* running_mean, const float* running_variance, float epsilon,
                                Activation activation, ColumnGrid grid) {
    const Index column = grid.column(), left = grid.columns_left();
    Normalisation normalise{load4(running_mean + column, left), load4(gamma + column, left),
                            load4(beta + column, left)};
    const Quad variance = load4(running_variance + column, left);
#pragma unroll
    for (int j = 0; j < kQuad; ++j) normalise.scale[j] /= sqrtf(variance[j] + epsilon);
    write_normalised(y, x, normalise, activation, grid);
}

/// What both passes of the gradient read of a row.
struct InputAndGradient {
    Quad x, dy;
};

/// The rows of a CommonGradient for all columns.
struct CommonGradientRows {
    float* offset;
    float* slope;
};

__global__ void __launch_bounds__(kBlock)
    batch_norm_gradient_sums_kernel(float* dgamma, float* dbeta, CommonGradientRows common, const float* dy,
                                    const float* x, ChannelRows rows, Activation activation, bool accumulate,
                                    ColumnGrid grid) {
    const Index column = grid.column(), left = grid.columns_left();
    const Normalisation normalise = rows.of(grid);
    float sums[2 * kQuad] = {};  // of ds, and of ds (x - mean)
    with_function(activation, [&](const auto& f) {
        for_rows(
            grid,
            [&](Index i) {
                return InputAndGradient{load4(x + i, left), load4(dy + i, left)};
            },
            [&](Index, const InputAndGradient& row) {
#pragma unroll
                for (int j = 0; j < kQuad; ++j) {
                    const float centred = row.x[j] - normalise.mean[j];
                    const float ds = gradient_of_s(f, row.dy[j], normalise(centred, j));
                    sums[j] += ds;
                    sums[kQuad + j] = __fmaf_rn(ds, centred, sums[kQuad + j]);
                }
            });
    });
    if (!sum_over_rows<2>(sums, grid)) return;
    const CommonGradient of_columns =
        finish_gradient_sums(dgamma, dbeta, sums, load4(rows.inverse_deviation + column, left), accumulate, grid, true);
    store4(common.offset + column, of_columns.offset, left);
    store4(common.slope + column, of_columns.slope, left);
}

__global__ void __launch_bounds__(kBlock)
    batch_norm_backward_kernel(float* dx, const float* dy, const float* x, ChannelRows rows, CommonGradientRows common,
                               Activation activation, ColumnGrid grid) {
    const Index column = grid.column(), left = grid.columns_left();
    const Normalisation normalise = rows.of(grid);
    const Quad offset = load4(common.offset + column, left), slope = load4(common.slope + column, left);
    with_function(activation, [&](const auto& f) {
        for_rows(
            grid,
            [&](Index i) {
                return InputAndGradient{load4(x + i, left), load4(dy + i, left)};
            },
            [&](Index i, const InputAndGradient& row) {
                Quad result;
#pragma unroll
                for (int j = 0; j < kQuad; ++j) {
                    const float centred = row.x[j] - normalise.mean[j];
                    const float ds = gradient_of_s(f, row.dy[j], normalise(centred, j));
                    result[j] = normalise.scale[j] * (ds - __fmaf_rn(slope[j], centred, offset[j]));
                }
                store4(dx + i, result, left);
            });
    });
}

}  // namespace

void batch_norm_forward(CudaQueue& queue, Real* y, Real* mean, Real* inverse_deviation, Real* running_mean,
                        Real* running_variance, const Real* x, const Real* gamma, const Real* beta, MatrixShape shape,
                        const BatchNormOptions& options) {
    if (shape.rows == 0) return;  // without rows there is no mean
    if (done_by_vendor<&VendorKernels::batch_norm_forward>(queue, y, mean, inverse_deviation, running_mean,
                                                           running_variance, x, gamma, beta, shape, options))
        return;
    const StatisticsOutput statistics{mean,
                                      inverse_deviation,
                                      running_mean,
                                      running_variance,
                                      static_cast<float>(options.epsilon),
                                      static_cast<float>(options.momentum)};
    if (is_short(shape)) {
        return short_batch_norm_forward(queue, y, statistics, x, gamma, beta, shape, options.activation);
    }
    launch_columns<batch_norm_statistics_kernel, 2>(queue, shape, statistics, x);
    launch_columns<batch_norm_forward_kernel, 0>(queue, shape, y, x, ChannelRows{gamma, beta, mean, inverse_deviation},
                                                 options.activation);
}

void batch_norm_backward(CudaQueue& queue, Real* dx, Real* dgamma, Real* dbeta, const Real* dy, const Real* x,
                         const Real* gamma, const Real* beta, const Real* mean, const Real* inverse_deviation,
                         MatrixShape shape, Activation activation, bool accumulate) {
    if (done_by_vendor<&VendorKernels::batch_norm_backward>(queue, dx, dgamma, dbeta, dy, x, gamma, beta, mean,
                                                            inverse_deviation, shape, activation, accumulate))
        return;
    const ChannelRows rows{gamma, beta, mean, inverse_deviation};
    if (is_short(shape)) {
        return short_batch_norm_backward(queue, dx, dgamma, dbeta, dy, x, rows, shape, activation, accumulate);
    }
    const CudaScratch scratch(queue, static_cast<std::size_t>(2 * shape.columns) * sizeof(Real));
    const CommonGradientRows common{scratch.as<Real>(), scratch.as<Real>() + shape.columns};
    launch_columns<batch_norm_gradient_sums_kernel, 2>(queue, shape, dgamma, dbeta, common, dy, x, rows, activation,
                                                       accumulate);
    launch_columns<batch_norm_backward_kernel, 0>(queue, shape, dx, dy, x, rows, common, activation);
}

void batch_norm_inference(CudaQueue& queue, Real* y, const Real* x, const Real* gamma, const Real* beta,
                          const Real* running_mean, const Real* running_variance, MatrixShape shape, double epsilon,
                          Activation activation) {
    if (done_by_vendor<&VendorKernels::batch_norm_inference>(queue, y, x, gamma, beta, running_mean, running_variance,
                                                             shape, epsilon, activation))
        return;
    launch_columns<batch_norm_inference_kernel, 0>(queue, shape, y, x, gamma, beta, running_mean, running_variance,
                                                   static_cast<float>(epsilon), activation);
}

}  // namespace sinter::kernels
