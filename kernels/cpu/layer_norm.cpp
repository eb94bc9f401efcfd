// Layer normalisation on the CPU. A task takes some rows: what is read a second time, for y or dx, is at hand. The sums
// for gamma and beta are left by blocks of rows and added up in order.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/layer_norm.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <algorithm>
#include <cmath>

#include "hwy/highway.h"
#include "kernels/cpu/toolbox/activation-inl.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/cpu/toolbox/sum-inl.h"
#include "kernels/layer_norm.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

// Calls body(access, c, channel) for the columns of a row, vectors of neighbours that end with the channels.
template <class Body>
HWY_ATTR HWY_INLINE void for_row(const LayerNormShape& shape, const Body& body) {
    for (Index first = 0; first < shape.columns; first += shape.channels) {
        for_vectors(0, shape.channels,
                    [&](auto access, Index channel) HWY_ATTR { body(access, first + channel, channel); });
    }
}

HWY_ATTR void forward_rows(float* y, float* mean, float* inverse_deviation, const float* x, const float* gamma,
                           const float* beta, const LayerNormShape& shape, const LayerNormOptions& options, Index begin,
                           Index end) {
    const double per_column = 1 / static_cast<double>(shape.columns);
    for (Index r = begin; r < end; ++r) {
        const float* const row = x + r * shape.columns;
        // Differences from the row's first number, so that a large mean does not round what is added up.
        const FloatVector origin = constant(row[0]);
        const double sum = sum_vectors(
            0, shape.columns, [&](auto access, Index c) HWY_ATTR { return hn::Sub(access.load(row + c), origin); });
        mean[r] = static_cast<float>(static_cast<double>(row[0]) + sum * per_column);
        const FloatVector row_mean = constant(mean[r]);
        const double squares = sum_vectors(0, shape.columns, [&](auto access, Index c) HWY_ATTR {
            const FloatVector centred = hn::Sub(access.load(row + c), row_mean);
            return hn::Mul(centred, centred);
        });
        inverse_deviation[r] = static_cast<float>(1 / std::sqrt(squares * per_column + options.epsilon));
        const FloatVector inverse = constant(inverse_deviation[r]);
        float* const y_row = y + r * shape.columns;
        with_activation(options.activation, [&](auto f) HWY_ATTR {
            for_row(shape, [&](auto access, Index c, Index channel) HWY_ATTR {
                const FloatVector xhat = hn::Mul(hn::Sub(access.load(row + c), row_mean), inverse);
                access.store(f(hn::MulAdd(access.load(gamma + channel), xhat, access.load(beta + channel))), y_row + c);
            });
        });
    }
}

// dx of the rows [begin, end); their sums for gamma and beta are added to the rows dgamma and dbeta.
HWY_ATTR void backward_rows(float* dx, float* dgamma, float* dbeta, const float* dy, const float* x, const float* gamma,
                            const float* beta, const float* mean, const float* inverse_deviation,
                            const LayerNormShape& shape, Activation activation, Index begin, Index end) {
    const float per_column = 1 / static_cast<float>(shape.columns);
    with_activation(activation, [&](auto f) HWY_ATTR {
        for (Index r = begin; r < end; ++r) {
            const Index row = r * shape.columns;
            const FloatVector row_mean = constant(mean[r]), inverse = constant(inverse_deviation[r]);
            const auto xhat_at = [&](auto access, Index c)
                                     HWY_ATTR { return hn::Mul(hn::Sub(access.load(x + row + c), row_mean), inverse); };
            const auto ds_at = [&](auto access, Index c, Index channel, FloatVector xhat) HWY_ATTR {
                const FloatVector s = hn::MulAdd(access.load(gamma + channel), xhat, access.load(beta + channel));
                return backward_at(f, access.load(dy + row + c), s);
            };
            FloatVector sums = hn::Zero(kFloats), xhat_sums = sums;
            for_row(shape, [&](auto access, Index c, Index channel) HWY_ATTR {
                const FloatVector xhat = xhat_at(access, c), ds = ds_at(access, c, channel, xhat);
                access.store(hn::Add(access.load(dbeta + channel), ds), dbeta + channel);
                access.store(hn::MulAdd(ds, xhat, access.load(dgamma + channel)), dgamma + channel);
                const FloatVector scaled = hn::Mul(access.load(gamma + channel), ds);
                sums = hn::Add(sums, scaled);
                xhat_sums = hn::MulAdd(scaled, xhat, xhat_sums);
            });
            const FloatVector offset = constant(per_column * hn::GetLane(hn::SumOfLanes(kFloats, sums)));
            const FloatVector slope = constant(per_column * hn::GetLane(hn::SumOfLanes(kFloats, xhat_sums)));
            for_row(shape, [&](auto access, Index c, Index channel) HWY_ATTR {
                const FloatVector xhat = xhat_at(access, c), ds = ds_at(access, c, channel, xhat);
                const FloatVector shared = hn::MulAdd(slope, xhat, offset);
                const FloatVector own = hn::MulSub(access.load(gamma + channel), ds, shared);
                access.store(hn::Mul(inverse, own), dx + row + c);
            });
        }
    });
}

// to[c] = (or += if accumulate) the sums over the blocks, whose rows lie `stride` apart.
HWY_ATTR void add_blocks(float* to, const float* partial, Index blocks, Index stride, bool accumulate, Index begin,
                         Index end) {
    for_vectors(begin, end, [&](auto access, Index c) HWY_ATTR {
        FloatVector sum = accumulate ? access.load(to + c) : hn::Zero(kFloats);
        for (Index b = 0; b < blocks; ++b) sum = hn::Add(sum, access.load(partial + b * stride + c));
        access.store(sum, to + c);
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(forward_rows);
HWY_EXPORT(backward_rows);
HWY_EXPORT(add_blocks);

namespace {

Index rows_per_task(const LayerNormShape& shape) {
    return std::max<Index>(1, kElementsPerTask / std::max<Index>(1, shape.columns));
}

}  // namespace

void layer_norm_forward(CpuQueue& queue, Real* y, Real* mean, Real* inverse_deviation, const Real* x, const Real* gamma,
                        const Real* beta, const LayerNormShape& shape, const LayerNormOptions& options) {
    const auto forward = HWY_DYNAMIC_DISPATCH(forward_rows);
    parallel_for(queue, shape.rows, rows_per_task(shape), [&](Index begin, Index end) {
        forward(y, mean, inverse_deviation, x, gamma, beta, shape, options, begin, end);
    });
}

void layer_norm_backward(CpuQueue& queue, Real* dx, Real* dgamma, Real* dbeta, const Real* dy, const Real* x,
                         const Real* gamma, const Real* beta, const Real* mean, const Real* inverse_deviation,
                         const LayerNormShape& shape, Activation activation, bool accumulate) {
    constexpr Index kMaxBlocks = 64;  // so that their sums stay few
    const Index block_rows = std::max(rows_per_task(shape), task_count(shape.rows, kMaxBlocks));
    const Index blocks = task_count(shape.rows, block_rows), channels = shape.channels;
    const Scratch scratch(queue, static_cast<std::size_t>(2 * blocks * channels) * sizeof(Real));
    Real* const partial = scratch.as<Real>();
    const auto backward = HWY_DYNAMIC_DISPATCH(backward_rows);
    parallel_for(queue, shape.rows, block_rows, [&](Index begin, Index end) {
        Real* const sums = partial + begin / block_rows * 2 * channels;
        std::fill_n(sums, 2 * channels, 0.0f);
        backward(dx, sums, sums + channels, dy, x, gamma, beta, mean, inverse_deviation, shape, activation, begin, end);
    });
    const auto add_up = HWY_DYNAMIC_DISPATCH(add_blocks);
    parallel_for(queue, channels, kElementsPerTask, [&](Index begin, Index end) {
        add_up(dgamma, partial, blocks, 2 * channels, accumulate, begin, end);
        add_up(dbeta, partial + channels, blocks, 2 * channels, accumulate, begin, end);
    });
}

}  // namespace sinter::kernels
#endif
