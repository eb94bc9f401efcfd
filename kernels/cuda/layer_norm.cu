// Layer normalisation on the device: one launch forward; backward one that sums for gamma and beta, and one for dx.
//
// Limiter: memory. Forward reads x and writes y, 8 bytes an element; backward reads x and dy twice and writes dx, 20
// bytes. A warp takes a narrow row, a block a wide one. Either reads its row again for each of its sums, which comes
// from the caches: a row of an image is up to 256 KB.
#include "kernels/layer_norm.h"

#include "kernels/cuda/toolbox/activation.cuh"
#include "kernels/cuda/toolbox/column_sums.cuh"
#include "kernels/cuda/toolbox/pointwise.cuh"

namespace sinter::kernels {
namespace {

/// What a kernel knows of the threads that share a row: all of a block, or a warp.
template <bool is_wide>
struct RowTeam {
    static constexpr int kThreads = is_wide ? kBlock : kWarp;

    __device__ __forceinline__ static Index row() { return thread_of_grid() / kThreads; }
    __device__ __forceinline__ static int thread() { return static_cast<int>(threadIdx.x) % kThreads; }

    /// The sums over these threads, in all of them.
    template <int n>
    __device__ __forceinline__ static void total(float (&values)[n]) {
        if constexpr (is_wide) {
            block_totals(values, 1);
        } else {
#pragma unroll
            for (int k = 0; k < n; ++k) {
                for (int distance = kWarp / 2; distance > 0; distance /= 2) {
                    values[k] += __shfl_xor_sync(kAllLanes, values[k], distance);
                }
            }
        }
    }

    /// use(c, left) for the thread's quads of the row, of which `left` columns exist.
    template <class Use>
    __device__ __forceinline__ static void for_quads(Index columns, const Use& use) {
        for (Index c = Index{kQuad} * thread(); c < columns; c += kQuad * kThreads) use(c, columns - c);
    }
};

/// Gains and offsets by column.
struct Channels {
    RowElements gamma, beta;
};

template <bool is_wide>
__global__ void __launch_bounds__(kBlock)
    layer_norm_forward_kernel(float* y, float* mean, float* inverse_deviation, const float* x, Channels channels,
                              MatrixShape shape, float epsilon, Activation activation) {
    using Team = RowTeam<is_wide>;
    const Index row = Team::row();
    if (row >= shape.rows) return;
    x += row * shape.columns;
    y += row * shape.columns;
    const float per_column = 1 / static_cast<float>(shape.columns);
    // Sums of differences from the row's first number: a large mean does not round them.
    const float origin = x[0];
    float sum[1] = {};
    Team::for_quads(shape.columns, [&](Index c, Index left) {
        const Quad quad = load4(x + c, left);
#pragma unroll
        for (int j = 0; j < kQuad; ++j) sum[0] += j < left ? quad[j] - origin : 0;
    });
    Team::total(sum);
    const float of_row = origin + per_column * sum[0];
    float squares[1] = {};
    Team::for_quads(shape.columns, [&](Index c, Index left) {
        const Quad quad = load4(x + c, left);
#pragma unroll
        for (int j = 0; j < kQuad; ++j) {
            const float centred = j < left ? quad[j] - of_row : 0;
            squares[0] = __fmaf_rn(centred, centred, squares[0]);
        }
    });
    Team::total(squares);
    const float inverse = 1 / sqrtf(__fmaf_rn(per_column, squares[0], epsilon));
    if (Team::thread() == 0) {
        mean[row] = of_row;
        inverse_deviation[row] = inverse;
    }
    with_function(activation, [&](const auto& f) {
        Team::for_quads(shape.columns, [&](Index c, Index left) {
            Quad quad = load4(x + c, left);
            const Quad gamma = channels.gamma.load(c, left), beta = channels.beta.load(c, left);
#pragma unroll
            for (int j = 0; j < kQuad; ++j) quad[j] = f(__fmaf_rn(gamma[j], (quad[j] - of_row) * inverse, beta[j]));
            store4(y + c, quad, left);
        });
    });
}

/// The statistics of all rows.
struct RowStatistics {
    const float* mean;
    const float* inverse_deviation;
};

__global__ void __launch_bounds__(kBlock)
    layer_norm_channel_sums_kernel(float* dgamma, float* dbeta, const float* dy, const float* x, const float* gamma,
                                   const float* beta, RowStatistics rows, Divisor columns, Activation activation,
                                   bool accumulate, ColumnGrid grid) {
    struct InputAndGradient {
        Quad x, dy;
    };
    const Index column = grid.column(), left = grid.columns_left();
    const Quad gain = load4(gamma + column, left), offset = load4(beta + column, left);
    float sums[2 * kQuad] = {};  // of ds, and of ds xhat
    with_function(activation, [&](const auto& f) {
        for_rows(
            grid,
            [&](Index i) {
                return InputAndGradient{load4(x + i, left), load4(dy + i, left)};
            },
            [&](Index i, const InputAndGradient& loaded) {
                const Index row = left > 0 ? columns.quotient(i) : 0;  // without columns i may lie behind the last row
                const float mean = rows.mean[row], inverse = rows.inverse_deviation[row];
#pragma unroll
                for (int j = 0; j < kQuad; ++j) {
                    const float xhat = (loaded.x[j] - mean) * inverse;
                    const float ds = loaded.dy[j] * f.slope_at(__fmaf_rn(gain[j], xhat, offset[j]));
                    sums[j] += ds;
                    sums[kQuad + j] = __fmaf_rn(ds, xhat, sums[kQuad + j]);
                }
            });
    });
    if (!sum_over_rows<2>(sums, grid)) return;
    store_sums(dbeta + column, sums, left, accumulate);
    store_sums(dgamma + column, sums + kQuad, left, accumulate);
}

template <bool is_wide>
__global__ void __launch_bounds__(kBlock)
    layer_norm_backward_kernel(float* dx, const float* dy, const float* x, Channels channels, RowStatistics rows,
                               MatrixShape shape, Activation activation) {
    using Team = RowTeam<is_wide>;
    const Index row = Team::row();
    if (row >= shape.rows) return;
    dx += row * shape.columns;
    dy += row * shape.columns;
    x += row * shape.columns;
    const float mean = rows.mean[row], inverse = rows.inverse_deviation[row];
    // use(c, left, xhat, g) with g = gamma ds
    const auto for_gradients = [&](const auto& f, const auto& use) {
        Team::for_quads(shape.columns, [&](Index c, Index left) {
            Quad xhat = load4(x + c, left), g = load4(dy + c, left);
            const Quad gamma = channels.gamma.load(c, left), beta = channels.beta.load(c, left);
#pragma unroll
            for (int j = 0; j < kQuad; ++j) {
                xhat[j] = (xhat[j] - mean) * inverse;
                g[j] *= gamma[j] * f.slope_at(__fmaf_rn(gamma[j], xhat[j], beta[j]));
            }
            use(c, left, xhat, g);
        });
    };
    float sums[2] = {};  // of g, and of g xhat
    with_function(activation, [&](const auto& f) {
        for_gradients(f, [&](Index, Index, const Quad& xhat, const Quad& g) {
#pragma unroll
            for (int j = 0; j < kQuad; ++j) {  // g is zero where there is no column
                sums[0] += g[j];
                sums[1] = __fmaf_rn(g[j], xhat[j], sums[1]);
            }
        });
    });
    Team::total(sums);
    const float per_column = 1 / static_cast<float>(shape.columns);
    const float offset = per_column * sums[0], slope = per_column * sums[1];
    with_function(activation, [&](const auto& f) {
        for_gradients(f, [&](Index c, Index left, const Quad& xhat, Quad g) {
#pragma unroll
            for (int j = 0; j < kQuad; ++j) g[j] = inverse * (g[j] - __fmaf_rn(slope, xhat[j], offset));
            store4(dx + c, g, left);
        });
    });
}

/// Launches the kernel for wide or for narrow rows.
template <auto wide_kernel, auto narrow_kernel, class... Arguments>
void launch_rows(CudaQueue& queue, MatrixShape shape, Arguments... arguments) {
    constexpr Index kWide = 1024;  // from here on a block has a quad for each of its threads
    if (shape.columns >= kWide)
        launch<wide_kernel>(queue, static_cast<unsigned>(shape.rows), kBlock, 0, arguments...);
    else
        launch<narrow_kernel>(queue, blocks_for(shape.rows * kWarp), kBlock, 0, arguments...);
}

Channels by_column(const float* gamma, const float* beta, const LayerNormShape& shape) {
    const Divisor channels(shape.channels);
    return {{gamma, channels}, {beta, channels}};
}

}  // namespace

void layer_norm_forward(CudaQueue& queue, Real* y, Real* mean, Real* inverse_deviation, const Real* x,
                        const Real* gamma, const Real* beta, const LayerNormShape& shape,
                        const LayerNormOptions& options) {
    const MatrixShape matrix{shape.rows, shape.columns};
    launch_rows<layer_norm_forward_kernel<true>, layer_norm_forward_kernel<false>>(
        queue, matrix, y, mean, inverse_deviation, x, by_column(gamma, beta, shape), matrix,
        static_cast<float>(options.epsilon), options.activation);
}

void layer_norm_backward(CudaQueue& queue, Real* dx, Real* dgamma, Real* dbeta, const Real* dy, const Real* x,
                         const Real* gamma, const Real* beta, const Real* mean, const Real* inverse_deviation,
                         const LayerNormShape& shape, Activation activation, bool accumulate) {
    const RowStatistics rows{mean, inverse_deviation};
    const MatrixShape matrix{shape.rows, shape.columns};
    launch_columns<layer_norm_channel_sums_kernel, 2>(queue, shape.by_channel(), dgamma, dbeta, dy, x, gamma, beta,
                                                      rows, Divisor(shape.columns), activation, accumulate);
    launch_rows<layer_norm_backward_kernel<true>, layer_norm_backward_kernel<false>>(
        queue, matrix, dx, dy, x, by_column(gamma, beta, shape), rows, matrix, activation);
}

}  // namespace sinter::kernels
