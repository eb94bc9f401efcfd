// Reference elementwise arithmetic and broadcasts.
#include "kernels/elementwise.h"

#include <cmath>

#include "kernels/ref/instantiate.h"

namespace sinter::kernels {

template <class Real>
void fill(RefQueue<Real>&, Real* y, Index count, double value) {
    for (Index i = 0; i < count; ++i) y[i] = static_cast<Real>(value);
}

template <class Real>
void add(RefQueue<Real>&, Real* y, const Real* a, const Real* b, Index count) {
    for (Index i = 0; i < count; ++i) y[i] = a[i] + b[i];
}

template <class Real>
void subtract(RefQueue<Real>&, Real* y, const Real* a, const Real* b, Index count) {
    for (Index i = 0; i < count; ++i) y[i] = a[i] - b[i];
}

template <class Real>
void multiply(RefQueue<Real>&, Real* y, const Real* a, const Real* b, Index count) {
    for (Index i = 0; i < count; ++i) y[i] = a[i] * b[i];
}

template <class Real>
void divide(RefQueue<Real>&, Real* y, const Real* a, const Real* b, Index count) {
    for (Index i = 0; i < count; ++i) y[i] = a[i] / b[i];
}

template <class Real>
void affine(RefQueue<Real>&, Real* y, const Real* x, Index count, double factor, double offset) {
    for (Index i = 0; i < count; ++i) y[i] = static_cast<Real>(factor) * x[i] + static_cast<Real>(offset);
}

template <class Real>
void interpolate(RefQueue<Real>&, Real* y, const Real* x, Index count, const Real* weight) {
    for (Index i = 0; i < count; ++i) y[i] += *weight * (x[i] - y[i]);
}

template <class Real>
void multiply_scalar(RefQueue<Real>&, Real* y, const Real* x, const Real* scalar, Index count) {
    for (Index i = 0; i < count; ++i) y[i] = scalar[0] * x[i];
}

template <class Real>
void square_root(RefQueue<Real>&, Real* y, const Real* x, Index count) {
    for (Index i = 0; i < count; ++i) y[i] = std::sqrt(x[i]);
}

template <class Real>
void logarithm(RefQueue<Real>&, Real* y, const Real* x, Index count) {
    for (Index i = 0; i < count; ++i) y[i] = std::log(x[i]);
}

template <class Real>
void clamp(RefQueue<Real>&, Real* y, const Real* x, Index count, double low, double high) {
    const Real lowest = static_cast<Real>(low), highest = static_cast<Real>(high);
    for (Index i = 0; i < count; ++i) {
        // Comparisons with NaN are false, so NaN passes both.
        y[i] = x[i] < lowest ? lowest : x[i] > highest ? highest : x[i];
    }
}

template <class Real>
void clamp_backward(RefQueue<Real>&, Real* dx, const Real* dy, const Real* x, Index count, double low, double high) {
    for (Index i = 0; i < count; ++i) {
        const bool inside = static_cast<Real>(low) <= x[i] && x[i] <= static_cast<Real>(high);
        dx[i] = inside ? dy[i] : Real{0};
    }
}

template <class Real>
void add_row(RefQueue<Real>&, Real* y, const Real* x, const Real* row, MatrixShape shape) {
    for (Index i = 0; i < shape.count(); ++i) y[i] = x[i] + row[i % shape.columns];
}

template <class Real>
void multiply_row(RefQueue<Real>&, Real* y, const Real* x, const Real* row, MatrixShape shape) {
    for (Index i = 0; i < shape.count(); ++i) y[i] = x[i] * row[i % shape.columns];
}

template <class Real>
void multiply_column(RefQueue<Real>&, Real* y, const Real* x, const Real* column, MatrixShape shape) {
    for (Index i = 0; i < shape.count(); ++i) y[i] = x[i] * column[i / shape.columns];
}

template <class Real>
void broadcast_scalar(RefQueue<Real>&, Real* y, const Real* scalar, Index count) {
    for (Index i = 0; i < count; ++i) y[i] = scalar[0];
}

template <class Real>
void broadcast_row(RefQueue<Real>&, Real* y, const Real* row, MatrixShape shape) {
    for (Index i = 0; i < shape.count(); ++i) y[i] = row[i % shape.columns];
}

template <class Real>
void broadcast_column(RefQueue<Real>&, Real* y, const Real* column, MatrixShape shape) {
    for (Index i = 0; i < shape.count(); ++i) y[i] = column[i / shape.columns];
}

SINTER_REF_INSTANTIATE(fill);
SINTER_REF_INSTANTIATE(add);
SINTER_REF_INSTANTIATE(subtract);
SINTER_REF_INSTANTIATE(multiply);
SINTER_REF_INSTANTIATE(divide);
SINTER_REF_INSTANTIATE(affine);
SINTER_REF_INSTANTIATE(interpolate);
SINTER_REF_INSTANTIATE(multiply_scalar);
SINTER_REF_INSTANTIATE(square_root);
SINTER_REF_INSTANTIATE(logarithm);
SINTER_REF_INSTANTIATE(clamp);
SINTER_REF_INSTANTIATE(clamp_backward);
SINTER_REF_INSTANTIATE(add_row);
SINTER_REF_INSTANTIATE(multiply_row);
SINTER_REF_INSTANTIATE(multiply_column);
SINTER_REF_INSTANTIATE(broadcast_scalar);
SINTER_REF_INSTANTIATE(broadcast_row);
SINTER_REF_INSTANTIATE(broadcast_column);

}  // namespace sinter::kernels
