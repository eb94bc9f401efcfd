// Batch normalisation of few rows: a block holds all rows of a strip of columns in its registers. There is one launch
// in each direction, nothing is read twice, and deviations are taken from the mean itself.
//
// Limiter: memory. Forward moves 8 bytes an element, backward 12. A strip of 32 columns takes 256 rows. Taller strips
// are narrower, down to 8 columns of 1024 rows, which is a sector of 32 bytes in every row.
#include <algorithm>

#include "kernels/cuda/batch_norm.cuh"

namespace sinter::kernels {
namespace {

constexpr int kHeldRows = 8;  // of a thread

__global__ void __launch_bounds__(kBlock)
    short_batch_norm_forward_kernel(float* y, StatisticsOutput statistics, const float* x, const float* gamma,
                                    const float* beta, Activation activation, ColumnGrid grid) {
    const Index columns = grid.shape.columns, column = grid.column(), left = grid.columns_left();
    const float per_row = 1 / static_cast<float>(grid.shape.rows);
    const int row_count = static_cast<int>(grid.shape.rows);  // at most kHeldRows * kBlock
    const auto row = [&](int k) { return grid.first_row_of_thread() + k * grid.row_step(); };

    // Everything counts from the first row, so that a large mean is not rounded before the end.
    const Quad origin = load4(x + column, left);
    Quad held[kHeldRows];
#pragma unroll
    for (int k = 0; k < kHeldRows; ++k) {  // all on their way before the first is used
        held[k] = row(k) < row_count ? load4(x + row(k) * columns + column, left) : origin;
    }
    float mean[kQuad] = {};
#pragma unroll
    for (int k = 0; k < kHeldRows; ++k) {
#pragma unroll
        for (int j = 0; j < kQuad; ++j) {
            held[k][j] -= origin[j];
            mean[j] += held[k][j];
        }
    }
    block_totals(mean, grid.lanes);
    float squares[kQuad] = {};
#pragma unroll
    for (int j = 0; j < kQuad; ++j) mean[j] *= per_row;
#pragma unroll
    for (int k = 0; k < kHeldRows; ++k) {
        if (row(k) >= row_count) continue;
#pragma unroll
        for (int j = 0; j < kQuad; ++j) {
            held[k][j] -= mean[j];
            squares[j] = __fmaf_rn(held[k][j], held[k][j], squares[j]);
        }
    }
    block_totals(squares, grid.lanes);

    Quad batch_mean;
#pragma unroll
    for (int j = 0; j < kQuad; ++j) batch_mean[j] = origin[j] + mean[j];
    const Quad inverse_deviation = finish_statistics(statistics, batch_mean, squares, grid.shape.rows, column, left,
                                                     static_cast<int>(threadIdx.x) < grid.lanes);
    Normalisation normalise{batch_mean, load4(gamma + column, left), load4(beta + column, left)};
#pragma unroll
    for (int j = 0; j < kQuad; ++j) normalise.scale[j] *= inverse_deviation[j];
    with_function(activation, [&](const auto& f) {
#pragma unroll
        for (int k = 0; k < kHeldRows; ++k) {
            if (row(k) >= row_count) continue;
#pragma unroll
            for (int j = 0; j < kQuad; ++j) held[k][j] = f(normalise(held[k][j], j));
            store4(y + row(k) * columns + column, held[k], left);
        }
    });
}

__global__ void __launch_bounds__(kBlock)
    short_batch_norm_backward_kernel(float* dx, float* dgamma, float* dbeta, const float* dy, const float* x,
                                     ChannelRows rows, Activation activation, bool accumulate, ColumnGrid grid) {
    const Index columns = grid.shape.columns, column = grid.column(), left = grid.columns_left();
    const Normalisation normalise = rows.of(grid);
    const int row_count = static_cast<int>(grid.shape.rows);  // at most kHeldRows * kBlock
    const auto row = [&](int k) { return grid.first_row_of_thread() + k * grid.row_step(); };
    Quad centred[kHeldRows], ds[kHeldRows];  // first x and dy
#pragma unroll
    for (int k = 0; k < kHeldRows; ++k) {
        if (row(k) >= row_count) continue;
        centred[k] = load4(x + row(k) * columns + column, left);
        ds[k] = load4(dy + row(k) * columns + column, left);
    }
    float sums[2 * kQuad] = {};  // of ds, and of ds (x - mean)
    with_function(activation, [&](const auto& f) {
#pragma unroll
        for (int k = 0; k < kHeldRows; ++k) {
            if (row(k) >= row_count) continue;
#pragma unroll
            for (int j = 0; j < kQuad; ++j) {
                centred[k][j] -= normalise.mean[j];
                ds[k][j] = gradient_of_s(f, ds[k][j], normalise(centred[k][j], j));
                sums[j] += ds[k][j];
                sums[kQuad + j] = __fmaf_rn(ds[k][j], centred[k][j], sums[kQuad + j]);
            }
        }
    });
    block_totals(sums, grid.lanes);
    const CommonGradient common =
        finish_gradient_sums(dgamma, dbeta, sums, load4(rows.inverse_deviation + column, left), accumulate, grid,
                             static_cast<int>(threadIdx.x) < grid.lanes);
#pragma unroll
    for (int k = 0; k < kHeldRows; ++k) {
        if (row(k) >= row_count) continue;
#pragma unroll
        for (int j = 0; j < kQuad; ++j) {
            ds[k][j] = normalise.scale[j] * (ds[k][j] - __fmaf_rn(common.slope[j], centred[k][j], common.offset[j]));
        }
        store4(dx + row(k) * columns + column, ds[k], left);
    }
}

/// The widest strip, in quads, that a block holds; 0 where it would be narrower than a sector.
int lanes_of(MatrixShape shape) {
    constexpr int kMinLanes = 2;
    const auto holds = [&](int lanes) { return shape.rows <= Index{kHeldRows} * kBlock / lanes; };
    int lanes = ColumnCut(shape).lanes;
    while (lanes > kMinLanes && !holds(lanes)) lanes /= 2;
    return holds(lanes) ? lanes : 0;
}

template <auto kernel, class... Arguments>
void launch_short(CudaQueue& queue, MatrixShape shape, Arguments... arguments) {
    const int lanes = lanes_of(shape);
    launch<kernel>(queue, static_cast<unsigned>(parts(shape.columns, Index{lanes} * kQuad)), kBlock, 0, arguments...,
                   ColumnGrid{shape, shape.rows, lanes, nullptr, nullptr});
}

}  // namespace

bool is_short(MatrixShape shape) { return lanes_of(shape) > 0; }

void short_batch_norm_forward(CudaQueue& queue, float* y, const StatisticsOutput& statistics, const float* x,
                              const float* gamma, const float* beta, MatrixShape shape, Activation activation) {
    launch_short<short_batch_norm_forward_kernel>(queue, shape, y, statistics, x, gamma, beta, activation);
}

void short_batch_norm_backward(CudaQueue& queue, float* dx, float* dgamma, float* dbeta, const float* dy,
                               const float* x, const ChannelRows& rows, MatrixShape shape, Activation activation,
                               bool accumulate) {
    launch_short<short_batch_norm_backward_kernel>(queue, shape, dx, dgamma, dbeta, dy, x, rows, activation,
                                                   accumulate);
}

}  // namespace sinter::kernels
