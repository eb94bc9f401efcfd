// What the transforms of minimal filtering do to rounding errors, computed from the matrices themselves.
#pragma once

#include <algorithm>

#include "kernels/cpu/minimal_filter/minimal_filter.h"

namespace sinter::kernels {

/// A number for each of the three kernels of a convolution.
struct OfEachPass {
    double forward = 0, input_gradient = 0, weight_gradient = 0;

    constexpr double largest() const { return std::max({forward, input_gradient, weight_gradient}); }
};

namespace amplification_detail {

constexpr double magnitude(double x) { return x < 0 ? -x : x; }
constexpr double square(double x) { return x * x; }

/// The three sums of one dimension when every entry e of a matrix is taken as size(e), all data and taps as 1, each
/// divided by what the plain sum has: r terms of an output and of a pixel, m of a tap.
template <int m, int r, class Size>
constexpr OfEachPass sums(const Size& size) {
    constexpr MinimalFilter<m, r> filter;
    constexpr int n = m + r - 1;
    double data[n] = {}, taps[n] = {}, outputs[n] = {};
    for (int p = 0; p < n; ++p) {
        for (int j = 0; j < n; ++j) data[p] += size(filter.data[p][j]);
        for (int k = 0; k < r; ++k) taps[p] += size(filter.taps[p][k]);
        for (int i = 0; i < m; ++i) outputs[p] += size(filter.outputs[i][p]);
    }
    OfEachPass largest;
    for (int i = 0; i < m; ++i) {
        double sum = 0;
        for (int p = 0; p < n; ++p) sum += size(filter.outputs[i][p]) * data[p] * taps[p];
        largest.forward = std::max(largest.forward, sum / r);
    }
    for (int k = 0; k < r; ++k) {
        double sum = 0;
        for (int p = 0; p < n; ++p) sum += size(filter.taps[p][k]) * data[p] * outputs[p];
        largest.weight_gradient = std::max(largest.weight_gradient, sum / m);
    }
    for (int first = 0; first < m; ++first) {
        double sum = 0;  // of a pixel, to which overlapping tiles add
        for (int j = first; j < n; j += m) {
            for (int p = 0; p < n; ++p) sum += size(filter.data[p][j]) * outputs[p] * taps[p];
        }
        largest.input_gradient = std::max(largest.input_gradient, sum / r);
    }
    return largest;
}

}  // namespace amplification_detail

/// The sizes of the terms that F(m x m, r x r) adds up, over those of the plain sum, where all data and all taps have
/// the same size: |A^T| ((|G| |g|) * (|B^T| |d|)) over sum |d| |g|, and the same for the gradients. A bound on rounding
/// errors is in proportion to these sizes, so it grows by this factor; data whose signs are those of the transforms'
/// rows come near it.
template <int m, int r>
constexpr OfEachPass amplification() {
    const OfEachPass line = amplification_detail::sums<m, r>(amplification_detail::magnitude);
    return {line.forward * line.forward, line.input_gradient * line.input_gradient,
            line.weight_gradient * line.weight_gradient};
}

/// How much larger the standard deviation of the rounding errors becomes for independent data, taps and upstream
/// gradients of mean zero. The noise of product p is in proportion to its own size, sqrt of (data_p taps_p), and the
/// plain sum has the roundings of r * r terms a channel (m * m a tile for a weight gradient) where the product at one
/// position has one. It leaves out the roundings of the transforms themselves, which count where channels are few.
template <int m, int r>
constexpr OfEachPass noise_growth() {
    const OfEachPass line = amplification_detail::sums<m, r>(amplification_detail::square);
    return {line.forward / r, line.input_gradient / r, line.weight_gradient / m};
}

}  // namespace sinter::kernels
