// Reference losses: value and gradient.
#include "kernels/loss.h"

#include <algorithm>
#include <cmath>

#include "kernels/ref/activation.h"
#include "kernels/ref/instantiate.h"

namespace sinter::kernels {

template <class Real>
void sigmoid_cross_entropy(RefQueue<Real>&, Real* loss, Real* dlogits, const Real* logits, const Real* targets,
                           Index count, double scale) {
    const Real factor = static_cast<Real>(scale);
    Real sum = 0;
    for (Index i = 0; i < count; ++i) {
        const Real x = logits[i], t = targets[i];
        sum += std::max(x, Real{0}) - x * t + std::log1p(std::exp(-std::abs(x)));
        if (dlogits) dlogits[i] = factor * (ref::activate({ActivationKind::sigmoid}, x) - t);
    }
    loss[0] = factor * sum;
}

template <class Real>
void squared_error(RefQueue<Real>&, Real* loss, Real* dprediction, const Real* prediction, const Real* targets,
                   Index count, double scale) {
    const Real factor = static_cast<Real>(scale);
    Real sum = 0;
    for (Index i = 0; i < count; ++i) {
        const Real difference = prediction[i] - targets[i];
        sum += difference * difference;
        if (dprediction) dprediction[i] = 2 * factor * difference;
    }
    loss[0] = factor * sum;
}

template <class Real>
void softmax_cross_entropy(RefQueue<Real>&, Real* loss, Real* dlogits, const Real* logits, const std::int32_t* labels,
                           MatrixShape shape, double scale) {
    const Real factor = static_cast<Real>(scale);
    Real sum = 0;
    for (Index r = 0; r < shape.rows; ++r) {
        const Real* x = logits + r * shape.columns;
        // Subtracting the largest logit changes neither log-sum-exp minus x nor softmax, and no exponential overflows.
        const Real largest = *std::max_element(x, x + shape.columns);
        Real exponentials = 0;
        for (Index c = 0; c < shape.columns; ++c) exponentials += std::exp(x[c] - largest);
        sum += std::log(exponentials) + largest - x[labels[r]];
        if (!dlogits) continue;
        for (Index c = 0; c < shape.columns; ++c) {
            const Real softmax = std::exp(x[c] - largest) / exponentials;
            const Real onehot = c == labels[r] ? 1 : 0;
            dlogits[r * shape.columns + c] = factor * (softmax - onehot);
        }
    }
    loss[0] = factor * sum;
}

SINTER_REF_INSTANTIATE(sigmoid_cross_entropy);
SINTER_REF_INSTANTIATE(squared_error);
SINTER_REF_INSTANTIATE(softmax_cross_entropy);

}  // namespace sinter::kernels
