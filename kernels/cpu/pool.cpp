// Pooling and nearest-neighbour upsampling on the CPU: vectors of channels, rows of pixels in parallel. Upsampling is
// average pooling with the roles of forward and backward exchanged and without the division.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pool.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <algorithm>
#include <limits>

#include "hwy/highway.h"
#include "kernels/cpu/pool_windows-inl.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/pool.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

// y = scale * the sum over each window of x, for the output rows [begin, end) of all images.
HWY_ATTR void sum_windows(float* y, const float* x, const PoolGeometry& g, float scale, Index begin, Index end) {
    for_pixels(g.out_height, g.out_width, begin, end, [&](Index n, Index i, Index j) HWY_ATTR {
        const PixelBlock window = window_of(g, i, j);
        const float* const image = x + input_at(g, n, 0, 0);
        float* const to = y + output_at(g, n, i, j);
        for_vectors(0, g.channels, [&](auto access, Index c) HWY_ATTR {
            FloatVector sum = hn::Zero(kFloats);
            for_block(window, g.width * g.channels, g.channels,
                      [&](Index pixel) HWY_ATTR { sum = hn::Add(sum, access.load(image + pixel + c)); });
            access.store(hn::Mul(constant(scale), sum), to + c);
        });
    });
}

// dx = scale * the sum of dy over the windows that hold each pixel, for the input rows [begin, end) of all images.
HWY_ATTR void sum_holders(float* dx, const float* dy, const PoolGeometry& g, float scale, Index begin, Index end) {
    for_pixels(g.height, g.width, begin, end, [&](Index n, Index p, Index q) HWY_ATTR {
        const PixelBlock holders = holders_of(g, p, q);
        const float* const image = dy + output_at(g, n, 0, 0);
        float* const to = dx + input_at(g, n, p, q);
        for_vectors(0, g.channels, [&](auto access, Index c) HWY_ATTR {
            FloatVector sum = hn::Zero(kFloats);
            for_block(holders, g.out_width * g.channels, g.channels,
                      [&](Index output) HWY_ATTR { sum = hn::Add(sum, access.load(image + output + c)); });
            access.store(hn::Mul(constant(scale), sum), to + c);
        });
    });
}

HWY_ATTR void max_windows(float* y, const float* x, const PoolGeometry& g, Index begin, Index end) {
    for_pixels(g.out_height, g.out_width, begin, end, [&](Index n, Index i, Index j) HWY_ATTR {
        const PixelBlock window = window_of(g, i, j);
        const float* const image = x + input_at(g, n, 0, 0);
        float* const to = y + output_at(g, n, i, j);
        for_vectors(0, g.channels, [&](auto access, Index c) HWY_ATTR {
            FloatVector largest = constant(-std::numeric_limits<float>::infinity());
            for_block(window, g.width * g.channels, g.channels, [&](Index pixel) HWY_ATTR {
                // Comparisons stand in place of Max, so that NaN is taken and then stays.
                const FloatVector v = access.load(image + pixel + c);
                largest = hn::IfThenElse(hn::Or(hn::Gt(v, largest), hn::IsNaN(v)), v, largest);
            });
            access.store(largest, to + c);
        });
    });
}

HWY_ATTR void max_holders(float* dx, const float* dy, const float* x, const PoolGeometry& g, Index begin, Index end) {
    const Index row_step = g.width * g.channels, column_step = g.channels;
    for_pixels(g.height, g.width, begin, end, [&](Index n, Index p, Index q) HWY_ATTR {
        const PixelBlock holders = holders_of(g, p, q);
        const Index pixel = p * row_step + q * column_step;
        const float* const image = x + input_at(g, n, 0, 0);
        float* const to = dx + input_at(g, n, p, q);
        std::fill_n(to, g.channels, 0.0f);
        // The channels are the inner loop here: finding a window costs more than reading dx once more.
        for (Index i = holders.row_begin; i < holders.row_end; ++i) {
            for (Index j = holders.column_begin; j < holders.column_end; ++j) {
                const PixelBlock window = window_of(g, i, j);
                const float* const from = dy + output_at(g, n, i, j);
                for_vectors(0, g.channels, [&](auto access, Index c) HWY_ATTR {
                    // The pixel is the maximum if it is above the pixels before it and not below itself and those after
                    // it. Beside NaN neither holds.
                    const FloatVector v = access.load(image + pixel + c);
                    auto largest = hn::Eq(v, v);
                    for_block(window, row_step, column_step, [&](Index other) HWY_ATTR {
                        const FloatVector w = access.load(image + other + c);
                        largest = hn::And(largest, other < pixel ? hn::Gt(v, w) : hn::Ge(v, w));
                    });
                    access.store(hn::Add(access.load(to + c), hn::IfThenElseZero(largest, access.load(from + c))),
                                 to + c);
                });
            }
        }
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(sum_windows);
HWY_EXPORT(sum_holders);
HWY_EXPORT(max_windows);
HWY_EXPORT(max_holders);

namespace {

// Calls range(begin, end) over the rows of pixels of all images, in parallel; a pixel costs `loads` loads a channel.
template <class Range>
void for_rows(CpuQueue& queue, const PoolGeometry& g, Index rows, Index width, Index loads, const Range& range) {
    const Index cost = width * g.channels * loads;
    if (cost > 0) parallel_for(queue, g.batch * rows, std::max<Index>(1, kElementsPerTask / cost), range);
}

void pool_forward(CpuQueue& queue, Real* y, const Real* x, const PoolGeometry& g, float scale) {
    const auto sum = HWY_DYNAMIC_DISPATCH(sum_windows);
    for_rows(queue, g, g.out_height, g.out_width, g.kernel * g.kernel,
             [&](Index begin, Index end) { sum(y, x, g, scale, begin, end); });
}

void pool_backward(CpuQueue& queue, Real* dx, const Real* dy, const PoolGeometry& g, float scale) {
    const auto sum = HWY_DYNAMIC_DISPATCH(sum_holders);
    for_rows(queue, g, g.height, g.width, 1, [&](Index begin, Index end) { sum(dx, dy, g, scale, begin, end); });
}

}  // namespace

void average_pool_forward(CpuQueue& queue, Real* y, const Real* x, const PoolGeometry& geometry) {
    pool_forward(queue, y, x, geometry, geometry.average_weight());
}

void average_pool_backward(CpuQueue& queue, Real* dx, const Real* dy, const PoolGeometry& geometry) {
    pool_backward(queue, dx, dy, geometry, geometry.average_weight());
}

void max_pool_forward(CpuQueue& queue, Real* y, const Real* x, const PoolGeometry& geometry) {
    const PoolGeometry& g = geometry;
    const auto largest = HWY_DYNAMIC_DISPATCH(max_windows);
    for_rows(queue, g, g.out_height, g.out_width, g.kernel * g.kernel,
             [&](Index begin, Index end) { largest(y, x, g, begin, end); });
}

void max_pool_backward(CpuQueue& queue, Real* dx, const Real* dy, const Real* x, const PoolGeometry& geometry) {
    const PoolGeometry& g = geometry;
    const auto gather = HWY_DYNAMIC_DISPATCH(max_holders);
    for_rows(queue, g, g.height, g.width, g.kernel * g.kernel,
             [&](Index begin, Index end) { gather(dx, dy, x, g, begin, end); });
}

void upsample_nearest_forward(CpuQueue& queue, Real* y, const Real* x, const ImageShape& shape, Index factor) {
    pool_backward(queue, y, x, upsampling_windows(shape, factor), 1);
}

void upsample_nearest_backward(CpuQueue& queue, Real* dx, const Real* dy, const ImageShape& shape, Index factor) {
    pool_forward(queue, dx, dy, upsampling_windows(shape, factor), 1);
}

}  // namespace sinter::kernels
#endif
