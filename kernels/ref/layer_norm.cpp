// Reference layer normalisation: two passes for the statistics, then the formulas of the contract.
#include "kernels/layer_norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/ref/activation.h"
#include "kernels/ref/instantiate.h"

namespace sinter::kernels {

template <class Real>
void layer_norm_forward(RefQueue<Real>&, Real* y, Real* mean, Real* inverse_deviation, const Real* x, const Real* gamma,
                        const Real* beta, const LayerNormShape& shape, const LayerNormOptions& options) {
    const Real columns = static_cast<Real>(shape.columns);
    for (Index r = 0; r < shape.rows; ++r) {
        const Real* const row = x + r * shape.columns;
        Real sum = 0;
        for (Index c = 0; c < shape.columns; ++c) sum += row[c];
        mean[r] = sum / columns;
        Real squares = 0;
        for (Index c = 0; c < shape.columns; ++c) squares += (row[c] - mean[r]) * (row[c] - mean[r]);
        inverse_deviation[r] = 1 / std::sqrt(squares / columns + static_cast<Real>(options.epsilon));
        for (Index c = 0; c < shape.columns; ++c) {
            const Real xhat = (row[c] - mean[r]) * inverse_deviation[r];
            const Index channel = c % shape.channels;
            y[r * shape.columns + c] = ref::activate(options.activation, gamma[channel] * xhat + beta[channel]);
        }
    }
}

template <class Real>
void layer_norm_backward(RefQueue<Real>&, Real* dx, Real* dgamma, Real* dbeta, const Real* dy, const Real* x,
                         const Real* gamma, const Real* beta, const Real* mean, const Real* inverse_deviation,
                         const LayerNormShape& shape, Activation activation, bool accumulate) {
    if (!accumulate) {
        std::fill_n(dgamma, shape.channels, Real{0});
        std::fill_n(dbeta, shape.channels, Real{0});
    }
    std::vector<Real> ds(static_cast<std::size_t>(shape.columns)), xhat(ds.size());  // of a row
    for (Index r = 0; r < shape.rows; ++r) {
        Real sum = 0, sum_xhat = 0;
        for (Index c = 0; c < shape.columns; ++c) {
            const auto j = static_cast<std::size_t>(c);
            const Index i = r * shape.columns + c, channel = c % shape.channels;
            xhat[j] = (x[i] - mean[r]) * inverse_deviation[r];
            ds[j] = dy[i] * ref::slope_at(activation, gamma[channel] * xhat[j] + beta[channel]);
            dgamma[channel] += ds[j] * xhat[j];
            dbeta[channel] += ds[j];
            sum += gamma[channel] * ds[j];
            sum_xhat += gamma[channel] * ds[j] * xhat[j];
        }
        for (Index c = 0; c < shape.columns; ++c) {
            const auto j = static_cast<std::size_t>(c);
            const Real shared = (sum + xhat[j] * sum_xhat) / static_cast<Real>(shape.columns);
            dx[r * shape.columns + c] = inverse_deviation[r] * (gamma[c % shape.channels] * ds[j] - shared);
        }
    }
}

SINTER_REF_INSTANTIATE(layer_norm_forward);
SINTER_REF_INSTANTIATE(layer_norm_backward);

}  // namespace sinter::kernels
