// Reference pooling: the definition, one window after the other; gradients are scattered from the windows.
#include "kernels/pool.h"

#include <algorithm>
#include <cmath>

#include "kernels/ref/instantiate.h"

namespace sinter::kernels {
namespace {

/// Calls visit(x, y, first), offsets of an element of x and of the output whose window holds it, window by window and
/// in row-major order within each; `first` marks the first element of a window.
template <class Visit>
void for_each_tap(const PoolGeometry& g, const Visit& visit) {
    for (Index y = 0; y < g.output_count(); ++y) {
        const Index c = y % g.channels, j = y / g.channels % g.out_width;
        const Index i = y / (g.channels * g.out_width) % g.out_height;
        const Index n = y / (g.channels * g.out_width * g.out_height);
        bool first = true;
        for (Index p = i * g.stride - g.pad; p < i * g.stride - g.pad + g.kernel; ++p) {
            for (Index q = j * g.stride - g.pad; q < j * g.stride - g.pad + g.kernel; ++q) {
                if (p < 0 || p >= g.height || q < 0 || q >= g.width) continue;
                visit(((n * g.height + p) * g.width + q) * g.channels + c, y, first);
                first = false;
            }
        }
    }
}

}  // namespace

template <class Real>
void average_pool_forward(RefQueue<Real>&, Real* y, const Real* x, const PoolGeometry& geometry) {
    const Real area = static_cast<Real>(geometry.kernel * geometry.kernel);
    std::fill_n(y, geometry.output_count(), Real{0});
    for_each_tap(geometry, [&](Index xi, Index yi, bool) { y[yi] += x[xi]; });
    for (Index i = 0; i < geometry.output_count(); ++i) y[i] /= area;
}

template <class Real>
void average_pool_backward(RefQueue<Real>&, Real* dx, const Real* dy, const PoolGeometry& geometry) {
    const Real area = static_cast<Real>(geometry.kernel * geometry.kernel);
    std::fill_n(dx, geometry.input_count(), Real{0});
    for_each_tap(geometry, [&](Index xi, Index yi, bool) { dx[xi] += dy[yi]; });
    for (Index i = 0; i < geometry.input_count(); ++i) dx[i] /= area;
}

template <class Real>
void max_pool_forward(RefQueue<Real>&, Real* y, const Real* x, const PoolGeometry& geometry) {
    for_each_tap(geometry, [&](Index xi, Index yi, bool first) {
        if (first || x[xi] > y[yi] || std::isnan(x[xi])) y[yi] = x[xi];
    });
}

template <class Real>
void max_pool_backward(RefQueue<Real>&, Real* dx, const Real* dy, const Real* x, const PoolGeometry& geometry) {
    std::fill_n(dx, geometry.input_count(), Real{0});
    Index window = -1, best = 0;
    const auto give = [&] {
        if (window >= 0 && !std::isnan(x[best])) dx[best] += dy[window];
    };
    for_each_tap(geometry, [&](Index xi, Index yi, bool first) {
        if (first) give();  // to the window before this one
        if (first || x[xi] > x[best] || std::isnan(x[xi])) best = xi;
        window = yi;
    });
    give();
}

template <class Real>
void upsample_nearest_forward(RefQueue<Real>&, Real* y, const Real* x, const ImageShape& shape, Index factor) {
    const Index width = shape.width * factor, rows = shape.batch * shape.height * factor;
    for (Index p = 0; p < rows; ++p) {  // the rows of all images: factor divides the height of each
        for (Index q = 0; q < width; ++q) {
            for (Index c = 0; c < shape.channels; ++c) {
                const Index from = (p / factor * shape.width + q / factor) * shape.channels + c;
                y[(p * width + q) * shape.channels + c] = x[from];
            }
        }
    }
}

template <class Real>
void upsample_nearest_backward(RefQueue<Real>&, Real* dx, const Real* dy, const ImageShape& shape, Index factor) {
    const Index width = shape.width * factor, rows = shape.batch * shape.height * factor;
    std::fill_n(dx, shape.count(), Real{0});
    for (Index p = 0; p < rows; ++p) {
        for (Index q = 0; q < width; ++q) {
            for (Index c = 0; c < shape.channels; ++c) {
                const Index to = (p / factor * shape.width + q / factor) * shape.channels + c;
                dx[to] += dy[(p * width + q) * shape.channels + c];
            }
        }
    }
}

SINTER_REF_INSTANTIATE(average_pool_forward);
SINTER_REF_INSTANTIATE(average_pool_backward);
SINTER_REF_INSTANTIATE(max_pool_forward);
SINTER_REF_INSTANTIATE(max_pool_backward);
SINTER_REF_INSTANTIATE(upsample_nearest_forward);
SINTER_REF_INSTANTIATE(upsample_nearest_backward);

}  // namespace sinter::kernels
