// Batch normalisation on the CPU. Training reads x twice forward (statistics, then y) and x and dy twice backward
// (sums, then dx), which is as few passes as the formulas allow; everything else is of the size of a row.
//
// Statistics of a block of rows are sums of differences from the block's first row, so that a large mean does not
// cancel in the variance: as that row is one of the data, the sum of squares exceeds the sum of squared deviations by
// no more than a factor of the block's rows, and by about two as a rule. The blocks are merged in order by the formula
// of Chan, Golub and LeVeque ("Algorithms for computing the sample variance", The American Statistician 37, 1983).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/batch_norm.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <cmath>

#include "hwy/highway.h"
#include "kernels/batch_norm.h"
#include "kernels/cpu/batch_norm.h"
#include "kernels/cpu/toolbox/activation-inl.h"
#include "kernels/cpu/toolbox/column_pairs-inl.h"
#include "kernels/cpu/toolbox/folded_tiles-inl.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

// Sums of d and d^2, where d = x - shift.
struct ShiftedSquares {
    const float* x;
    FloatVector shift;

    template <class Access>
    HWY_ATTR HWY_INLINE void operator()(VectorPair& sums, Access access, Index i) const {
        const FloatVector d = hn::Sub(access.load(x + i), shift);
        sums.first = hn::Add(sums.first, d);
        sums.second = hn::MulAdd(d, d, sums.second);
    }
};

HWY_ATTR void statistics_tile(float* sums, float* squares, const float* x, const FoldedTile& tile) {
    const RepeatedRow shift(x + tile.row_begin * tile.columns, tile);
    sum_pairs(sums, squares, tile, [&](auto access, Index c) HWY_ATTR {
        return ShiftedSquares{x, access.load(shift.data() + c)};
    });
}

// The mean of some rows and the sum of their squared deviations from it.
struct Moments {
    FloatVector mean, squares;
    double rows;
};

// The moments of the rows of both, by the formula of Chan, Golub and LeVeque.
HWY_ATTR HWY_INLINE Moments merged(const Moments& a, const Moments& b) {
    const FloatVector delta = hn::Sub(b.mean, a.mean);
    const double share = b.rows / (a.rows + b.rows);
    const FloatVector between = hn::Mul(delta, constant(a.rows * share));
    return {hn::MulAdd(delta, constant(share), a.mean), hn::Add(hn::MulAdd(between, delta, b.squares), a.squares),
            a.rows + b.rows};
}

// The statistics of the columns [begin, end) from the sums that statistics_tile left for every block. Means count from
// the first row of the matrix, so that a large mean is not rounded before the end.
HWY_ATTR void merge_statistics(const BatchStatistics& statistics, const float* partial, const float* x, Index columns,
                               const ColumnPairs& blocks, double epsilon, double momentum, Index begin, Index end) {
    for_vectors(begin, end, [&](auto access, Index c) HWY_ATTR {
        const FloatVector origin = access.load(x + c);
        Moments all{hn::Zero(kFloats), hn::Zero(kFloats), 0};
        for (Index b = 0; b < blocks.blocks(); ++b) {
            const double block_rows = static_cast<double>(blocks.rows(b));
            const FloatVector shift = access.load(x + blocks.first_row(b) * columns + c);
            const FloatVector sum = access.load(partial + blocks.first(b) + c);
            const FloatVector mean = hn::Mul(sum, constant(1 / block_rows));
            const FloatVector squares = hn::NegMulAdd(sum, mean, access.load(partial + blocks.second(b) + c));
            all = merged(all, Moments{hn::Add(hn::Sub(shift, origin), mean), squares, block_rows});
        }
        const FloatVector mean = hn::Add(origin, all.mean);
        // Rounding may leave a trace below zero. A comparison stands in place of Max, so that NaN stays.
        const FloatVector squares = hn::IfThenZeroElse(hn::Lt(all.squares, hn::Zero(kFloats)), all.squares);
        const FloatVector variance = hn::Mul(squares, constant(1 / all.rows));
        const FloatVector deviation = hn::Sqrt(hn::Add(variance, constant(epsilon)));
        access.store(mean, statistics.mean + c);
        access.store(hn::Div(constant(1.0f), deviation), statistics.inverse_deviation + c);
        if (!statistics.running_mean) return;
        const FloatVector keep = constant(1 - momentum);
        const FloatVector mean_share = constant(momentum);
        const FloatVector squares_share = constant(momentum / (all.rows - 1));
        float* const running_mean = statistics.running_mean + c;
        float* const running_variance = statistics.running_variance + c;
        access.store(hn::MulAdd(keep, access.load(running_mean), hn::Mul(mean_share, mean)), running_mean);
        access.store(hn::MulAdd(keep, access.load(running_variance), hn::Mul(squares_share, squares)),
                     running_variance);
    });
}

// y = f(scale (x - mean) + beta)
HWY_ATTR void normalize_tile(float* y, const float* x, const NormalizingRows& rows, Activation activation,
                             const FoldedTile& tile) {
    const RepeatedRow mean(rows.mean, tile), scale(rows.scale, tile), beta(rows.beta, tile);
    with_activation(activation, [&](auto f) HWY_ATTR {
        for_tile(tile, [&](auto access, Index i, Index c) HWY_ATTR {
            const FloatVector centred = hn::Sub(access.load(x + i), access.load(mean.data() + c));
            access.store(f(hn::MulAdd(access.load(scale.data() + c), centred, access.load(beta.data() + c))), y + i);
        });
    });
}

// y = f(scale x + shift)
HWY_ATTR void scale_and_shift_tile(float* y, const float* x, const float* scale_row, const float* shift_row,
                                   Activation activation, const FoldedTile& tile) {
    const RepeatedRow scale(scale_row, tile), shift(shift_row, tile);
    with_activation(activation, [&](auto f) HWY_ATTR {
        for_tile(tile, [&](auto access, Index i, Index c) HWY_ATTR {
            const FloatVector s =
                hn::MulAdd(access.load(scale.data() + c), access.load(x + i), access.load(shift.data() + c));
            access.store(f(s), y + i);
        });
    });
}

// Sums of ds and ds (x - mean), where ds = dy f'(scale (x - mean) + beta).
template <class Function>
struct GradientSums {
    const float* dy;
    const float* x;
    Function f;
    FloatVector mean, scale, beta;

    template <class Access>
    HWY_ATTR HWY_INLINE void operator()(VectorPair& sums, Access access, Index i) const {
        const FloatVector centred = hn::Sub(access.load(x + i), mean);
        const FloatVector ds = backward_at(f, access.load(dy + i), hn::MulAdd(scale, centred, beta));
        sums.first = hn::Add(sums.first, ds);
        sums.second = hn::MulAdd(ds, centred, sums.second);
    }
};

HWY_ATTR void gradient_sums_tile(float* sums, float* centred_sums, const float* dy, const float* x,
                                 const NormalizingRows& rows, Activation activation, const FoldedTile& tile) {
    const RepeatedRow mean(rows.mean, tile), scale(rows.scale, tile), beta(rows.beta, tile);
    with_activation(activation, [&](auto f) HWY_ATTR {
        sum_pairs(sums, centred_sums, tile, [&](auto access, Index c) HWY_ATTR {
            return GradientSums<decltype(f)>{
                dy, x, f, access.load(mean.data() + c), access.load(scale.data() + c), access.load(beta.data() + c)};
        });
    });
}

// dgamma and dbeta of the columns [begin, end), and what dx takes from them.
HWY_ATTR void merge_gradient_sums(float* dgamma, float* dbeta, const CommonGradientRows& common,
                                  const float* inverse_deviation, const float* partial, const ColumnPairs& blocks,
                                  double rows, bool accumulate, Index begin, Index end) {
    const FloatVector per_row = constant(1 / rows);
    for_vectors(begin, end, [&](auto access, Index c) HWY_ATTR {
        FloatVector sum = hn::Zero(kFloats), sum_xhat = sum;
        for (Index block = 0; block < blocks.blocks(); ++block) {
            sum = hn::Add(sum, access.load(partial + blocks.first(block) + c));
            sum_xhat = hn::Add(sum_xhat, access.load(partial + blocks.second(block) + c));
        }
        const FloatVector inverse = access.load(inverse_deviation + c);
        sum_xhat = hn::Mul(inverse, sum_xhat);
        access.store(hn::Mul(sum, per_row), common.offset + c);
        access.store(hn::Mul(inverse, hn::Mul(sum_xhat, per_row)), common.slope + c);
        access.store(accumulate ? hn::Add(access.load(dbeta + c), sum) : sum, dbeta + c);
        access.store(accumulate ? hn::Add(access.load(dgamma + c), sum_xhat) : sum_xhat, dgamma + c);
    });
}

// dx = scale (ds - offset - slope (x - mean))
HWY_ATTR void input_gradient_tile(float* dx, const float* dy, const float* x, const NormalizingRows& rows,
                                  const CommonGradientRows& common, Activation activation, const FoldedTile& tile) {
    const RepeatedRow mean(rows.mean, tile), scale(rows.scale, tile), beta(rows.beta, tile);
    const RepeatedRow offset(common.offset, tile), slope(common.slope, tile);
    with_activation(activation, [&](auto f) HWY_ATTR {
        for_tile(tile, [&](auto access, Index i, Index c) HWY_ATTR {
            const FloatVector a = access.load(scale.data() + c);
            const FloatVector centred = hn::Sub(access.load(x + i), access.load(mean.data() + c));
            const FloatVector s = hn::MulAdd(a, centred, access.load(beta.data() + c));
            const FloatVector ds = backward_at(f, access.load(dy + i), s);
            const FloatVector shared =
                hn::MulAdd(access.load(slope.data() + c), centred, access.load(offset.data() + c));
            access.store(hn::Mul(a, hn::Sub(ds, shared)), dx + i);
        });
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(statistics_tile);
HWY_EXPORT(merge_statistics);
HWY_EXPORT(normalize_tile);
HWY_EXPORT(scale_and_shift_tile);
HWY_EXPORT(gradient_sums_tile);
HWY_EXPORT(merge_gradient_sums);
HWY_EXPORT(input_gradient_tile);

void batch_norm_forward(CpuQueue& queue, Real* y, Real* mean, Real* inverse_deviation, Real* running_mean,
                        Real* running_variance, const Real* x, const Real* gamma, const Real* beta, MatrixShape shape,
                        const BatchNormOptions& options) {
    if (shape.count() == 0) return;
    const ColumnPairs blocks(shape);
    const Scratch scratch(queue, static_cast<std::size_t>(blocks.partial_count()) * sizeof(Real));
    Real* const partial = scratch.as<Real>();
    const auto sum_tile = HWY_DYNAMIC_DISPATCH(statistics_tile);
    blocks.sum(queue, partial,
               [&](Real* sums, Real* squares, const FoldedTile& tile) { sum_tile(sums, squares, x, tile); });

    const auto merge = HWY_DYNAMIC_DISPATCH(merge_statistics);
    const BatchStatistics statistics{mean, inverse_deviation, running_mean, running_variance};
    blocks.for_columns(queue, [&](Index begin, Index end) {
        merge(statistics, partial, x, shape.columns, blocks, options.epsilon, options.momentum, begin, end);
    });

    Real* const scale = partial;  // the sums are spent
    for (Index c = 0; c < shape.columns; ++c) scale[c] = gamma[c] * inverse_deviation[c];
    const auto normalize = HWY_DYNAMIC_DISPATCH(normalize_tile);
    const NormalizingRows rows{mean, scale, beta};
    for_tiles(queue, shape, [&](const FoldedTile& tile) { normalize(y, x, rows, options.activation, tile); });
}

void batch_norm_backward(CpuQueue& queue, Real* dx, Real* dgamma, Real* dbeta, const Real* dy, const Real* x,
                         const Real* gamma, const Real* beta, const Real* mean, const Real* inverse_deviation,
                         MatrixShape shape, Activation activation, bool accumulate) {
    const Index columns = shape.columns;
    if (shape.count() == 0) {
        if (!accumulate) {
            std::fill_n(dgamma, columns, 0.0f);
            std::fill_n(dbeta, columns, 0.0f);
        }
        return;
    }
    const ColumnPairs blocks(shape);
    const Scratch scratch(queue, static_cast<std::size_t>(3 * columns + blocks.partial_count()) * sizeof(Real));
    Real* const scale = scratch.as<Real>();
    const CommonGradientRows common{scale + columns, scale + 2 * columns};
    Real* const partial = scale + 3 * columns;
    for (Index c = 0; c < columns; ++c) scale[c] = gamma[c] * inverse_deviation[c];
    const NormalizingRows rows{mean, scale, beta};

    const auto sum_tile = HWY_DYNAMIC_DISPATCH(gradient_sums_tile);
    blocks.sum(queue, partial, [&](Real* sums, Real* centred_sums, const FoldedTile& tile) {
        sum_tile(sums, centred_sums, dy, x, rows, activation, tile);
    });

    const auto merge = HWY_DYNAMIC_DISPATCH(merge_gradient_sums);
    blocks.for_columns(queue, [&](Index begin, Index end) {
        merge(dgamma, dbeta, common, inverse_deviation, partial, blocks, static_cast<double>(shape.rows), accumulate,
              begin, end);
    });

    const auto write_dx = HWY_DYNAMIC_DISPATCH(input_gradient_tile);
    for_tiles(queue, shape, [&](const FoldedTile& tile) { write_dx(dx, dy, x, rows, common, activation, tile); });
}

void batch_norm_inference(CpuQueue& queue, Real* y, const Real* x, const Real* gamma, const Real* beta,
                          const Real* running_mean, const Real* running_variance, MatrixShape shape, double epsilon,
                          Activation activation) {
    const Index columns = shape.columns;
    if (shape.count() == 0) return;
    const Scratch scratch(queue, 2 * static_cast<std::size_t>(columns) * sizeof(Real));
    Real* const scale = scratch.as<Real>();
    Real* const shift = scale + columns;
    for (Index c = 0; c < columns; ++c) {
        const double factor = gamma[c] / std::sqrt(running_variance[c] + epsilon);
        scale[c] = static_cast<Real>(factor);
        shift[c] = static_cast<Real>(beta[c] - running_mean[c] * factor);
    }
    const auto apply = HWY_DYNAMIC_DISPATCH(scale_and_shift_tile);
    for_tiles(queue, shape, [&](const FoldedTile& tile) { apply(y, x, scale, shift, activation, tile); });
}

}  // namespace sinter::kernels
#endif
