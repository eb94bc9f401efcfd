// Elementwise arithmetic on equal counts, and with a scalar, a row or a column broadcast. All allow y == any input.
#pragma once

#include "kernels/contract.h"

namespace sinter::kernels {

/// y = value
SINTER_KERNEL(fill, Real* y, Index count, double value);

/// y = a + b
SINTER_KERNEL(add, Real* y, const Real* a, const Real* b, Index count);
/// y = a - b
SINTER_KERNEL(subtract, Real* y, const Real* a, const Real* b, Index count);
/// y = a * b
SINTER_KERNEL(multiply, Real* y, const Real* a, const Real* b, Index count);
/// y = a / b
SINTER_KERNEL(divide, Real* y, const Real* a, const Real* b, Index count);

/// y = factor * x + offset
SINTER_KERNEL(affine, Real* y, const Real* x, Index count, double factor, double offset);
/// y += weight[0] * (x - y), the weight in device memory: a moving average of x takes a step of weight = 1 - decay
SINTER_KERNEL(interpolate, Real* y, const Real* x, Index count, const Real* weight);
/// y = scalar[0] * x, the scalar in device memory
SINTER_KERNEL(multiply_scalar, Real* y, const Real* x, const Real* scalar, Index count);

/// y = sqrt(x)
SINTER_KERNEL(square_root, Real* y, const Real* x, Index count);
/// y = log(x)
SINTER_KERNEL(logarithm, Real* y, const Real* x, Index count);
/// y = min(max(x, low), high); NaN stays NaN
SINTER_KERNEL(clamp, Real* y, const Real* x, Index count, double low, double high);
/// dx = low <= x <= high ? dy : 0
SINTER_KERNEL(clamp_backward, Real* dx, const Real* dy, const Real* x, Index count, double low, double high);

/// y[r, c] = x[r, c] + row[c]
SINTER_KERNEL(add_row, Real* y, const Real* x, const Real* row, MatrixShape shape);
/// y[r, c] = x[r, c] * row[c]
SINTER_KERNEL(multiply_row, Real* y, const Real* x, const Real* row, MatrixShape shape);
/// y[r, c] = x[r, c] * column[r]
SINTER_KERNEL(multiply_column, Real* y, const Real* x, const Real* column, MatrixShape shape);

/// y[i] = scalar[0], the scalar in device memory
SINTER_KERNEL(broadcast_scalar, Real* y, const Real* scalar, Index count);
/// y[r, c] = row[c]
SINTER_KERNEL(broadcast_row, Real* y, const Real* row, MatrixShape shape);
/// y[r, c] = column[r]
SINTER_KERNEL(broadcast_column, Real* y, const Real* column, MatrixShape shape);

}  // namespace sinter::kernels
