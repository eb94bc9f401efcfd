// Reference activations and their gradients.
#include "kernels/ref/activation.h"

#include "kernels/ref/instantiate.h"

namespace sinter::kernels {

template <class Real>
void activation_forward(RefQueue<Real>&, Real* y, const Real* x, Index count, Activation activation) {
    for (Index i = 0; i < count; ++i) y[i] = ref::activate(activation, x[i]);
}

template <class Real>
void activation_backward(RefQueue<Real>&, Real* dx, const Real* dy, const Real* kept, Index count,
                         Activation activation) {
    for (Index i = 0; i < count; ++i) dx[i] = dy[i] * ref::activation_derivative(activation, kept[i]);
}

template <class Real>
void bias_activation_backward(RefQueue<Real>&, Real* dx, Real* dbias, const Real* dy, const Real* kept,
                              MatrixShape shape, Activation activation, bool accumulate) {
    for (Index c = 0; c < shape.columns; ++c) {
        Real sum = 0;
        for (Index r = 0; r < shape.rows; ++r) {
            const Index i = r * shape.columns + c;
            dx[i] = dy[i] * ref::activation_derivative(activation, kept[i]);
            sum += dx[i];
        }
        dbias[c] = accumulate ? dbias[c] + sum : sum;
    }
}

SINTER_REF_INSTANTIATE(activation_forward);
SINTER_REF_INSTANTIATE(activation_backward);
SINTER_REF_INSTANTIATE(bias_activation_backward);

}  // namespace sinter::kernels
