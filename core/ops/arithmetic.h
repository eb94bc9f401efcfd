// Elementwise arithmetic, and arithmetic with a scalar, a row or a column. All have derivatives of every order.
#pragma once

#include "core/tensor.h"

namespace sinter {

/// Elementwise, shapes equal.
Tensor add(const Tensor& a, const Tensor& b);
Tensor subtract(const Tensor& a, const Tensor& b);
Tensor multiply(const Tensor& a, const Tensor& b);
Tensor divide(const Tensor& a, const Tensor& b);

/// factor * x + offset
Tensor affine(const Tensor& x, double factor, double offset);
/// scalar [1] times x of any shape; the scalar stays on the device
Tensor multiply_scalar(const Tensor& x, const Tensor& scalar);

/// The gradient at 0 is infinite, as in PyTorch; row_norms() (core/ops/reduce.h) is the norm with a finite one.
Tensor sqrt(const Tensor& x);
Tensor log(const Tensor& x);
/// min(max(x, low), high), with gradient 1 where low <= x <= high
Tensor clamp(const Tensor& x, double low, double high);

/// x [rows, columns] with a row [columns] added to, or multiplied into, each of its rows
Tensor add_row(const Tensor& x, const Tensor& row);
Tensor multiply_row(const Tensor& x, const Tensor& row);
/// x [rows, columns] with row r multiplied by column[r]
Tensor multiply_column(const Tensor& x, const Tensor& column);

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return subtract(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return multiply(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return divide(a, b); }
inline Tensor operator*(double factor, const Tensor& x) { return affine(x, factor, 0); }
inline Tensor operator-(const Tensor& x) { return affine(x, -1, 0); }

}  // namespace sinter
