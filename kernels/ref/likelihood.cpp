// Reference log-likelihoods of reconstructions.
#include "kernels/likelihood.h"

#include <algorithm>
#include <cmath>

#include "kernels/ref/instantiate.h"

namespace sinter::kernels {

template <class Real>
void bernoulli_log_likelihood(RefQueue<Real>&, Real* y, const Real* logits, const Real* targets, RepeatedRows shape) {
    for (Index r = 0; r < shape.rows; ++r) {
        const Real* x = logits + r * shape.columns;
        const Real* t = targets + r / shape.repeats * shape.columns;
        Real sum = 0;
        for (Index c = 0; c < shape.columns; ++c)
            sum += x[c] * t[c] - std::max(x[c], Real{0}) - std::log1p(std::exp(-std::abs(x[c])));
        y[r] = sum;
    }
}

template <class Real>
void gaussian_log_likelihood(RefQueue<Real>&, Real* y, const Real* means, const Real* targets, RepeatedRows shape,
                             double log_variance) {
    const Real precision = static_cast<Real>(std::exp(-log_variance));
    const Real constant = static_cast<Real>(log_variance + kLogTwoPi);
    for (Index r = 0; r < shape.rows; ++r) {
        const Real* x = means + r * shape.columns;
        const Real* t = targets + r / shape.repeats * shape.columns;
        Real sum = 0;
        for (Index c = 0; c < shape.columns; ++c) sum += (x[c] - t[c]) * (x[c] - t[c]) * precision + constant;
        y[r] = -sum / 2;
    }
}

SINTER_REF_INSTANTIATE(bernoulli_log_likelihood);
SINTER_REF_INSTANTIATE(gaussian_log_likelihood);

}  // namespace sinter::kernels
