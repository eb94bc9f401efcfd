// Reference batch normalisation: two passes for the statistics, then the formulas of the contract.
#include "kernels/batch_norm.h"

#include <cmath>

#include "kernels/ref/activation.h"
#include "kernels/ref/instantiate.h"

namespace sinter::kernels {

template <class Real>
void batch_norm_forward(RefQueue<Real>&, Real* y, Real* mean, Real* inverse_deviation, Real* running_mean,
                        Real* running_variance, const Real* x, const Real* gamma, const Real* beta, MatrixShape shape,
                        const BatchNormOptions& options) {
    if (shape.rows == 0) return;
    const Real rows = static_cast<Real>(shape.rows);
    const Real momentum = static_cast<Real>(options.momentum);
    for (Index c = 0; c < shape.columns; ++c) {
        Real sum = 0;
        for (Index r = 0; r < shape.rows; ++r) sum += x[r * shape.columns + c];
        mean[c] = sum / rows;
        Real squares = 0;
        for (Index r = 0; r < shape.rows; ++r) {
            const Real deviation = x[r * shape.columns + c] - mean[c];
            squares += deviation * deviation;
        }
        inverse_deviation[c] = 1 / std::sqrt(squares / rows + static_cast<Real>(options.epsilon));
        if (running_mean) {
            running_mean[c] = (1 - momentum) * running_mean[c] + momentum * mean[c];
            running_variance[c] = (1 - momentum) * running_variance[c] + momentum * (squares / (rows - 1));
        }
        for (Index r = 0; r < shape.rows; ++r) {
            const Index i = r * shape.columns + c;
            const Real xhat = (x[i] - mean[c]) * inverse_deviation[c];
            y[i] = ref::activate(options.activation, gamma[c] * xhat + beta[c]);
        }
    }
}

template <class Real>
void batch_norm_backward(RefQueue<Real>&, Real* dx, Real* dgamma, Real* dbeta, const Real* dy, const Real* x,
                         const Real* gamma, const Real* beta, const Real* mean, const Real* inverse_deviation,
                         MatrixShape shape, Activation activation, bool accumulate) {
    const Real rows = static_cast<Real>(shape.rows);
    for (Index c = 0; c < shape.columns; ++c) {
        const auto xhat = [&](Index i) { return (x[i] - mean[c]) * inverse_deviation[c]; };
        const auto ds = [&](Index i) { return dy[i] * ref::slope_at(activation, gamma[c] * xhat(i) + beta[c]); };
        Real sum = 0, sum_xhat = 0;
        for (Index i = c; i < shape.count(); i += shape.columns) {
            sum += ds(i);
            sum_xhat += ds(i) * xhat(i);
        }
        for (Index i = c; i < shape.count(); i += shape.columns) {
            dx[i] = gamma[c] * inverse_deviation[c] * (ds(i) - (sum + xhat(i) * sum_xhat) / rows);
        }
        dbeta[c] = accumulate ? dbeta[c] + sum : sum;
        dgamma[c] = accumulate ? dgamma[c] + sum_xhat : sum_xhat;
    }
}

template <class Real>
void batch_norm_inference(RefQueue<Real>&, Real* y, const Real* x, const Real* gamma, const Real* beta,
                          const Real* running_mean, const Real* running_variance, MatrixShape shape, double epsilon,
                          Activation activation) {
    for (Index i = 0; i < shape.count(); ++i) {
        const Index c = i % shape.columns;
        const Real xhat = (x[i] - running_mean[c]) / std::sqrt(running_variance[c] + static_cast<Real>(epsilon));
        y[i] = ref::activate(activation, gamma[c] * xhat + beta[c]);
    }
}

SINTER_REF_INSTANTIATE(batch_norm_forward);
SINTER_REF_INSTANTIATE(batch_norm_backward);
SINTER_REF_INSTANTIATE(batch_norm_inference);

}  // namespace sinter::kernels
