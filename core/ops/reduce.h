// Sums and means, and the broadcasts that are their gradients. All have derivatives of every order.
#pragma once

#include <initializer_list>

#include "core/tensor.h"

namespace sinter {

/// The sum, or the mean, of all elements, as a tensor [1]
Tensor sum(const Tensor& x);
Tensor mean(const Tensor& x);
/// The sum, or the mean, along some axes, which the result has no more: sum(x, {0}) of a matrix [rows, columns] is
/// [columns]; along all axes it is [1]. Negative axes count from the end. One pass over x where the axes are the first
/// ones, the last ones or all; any others take a transposition for each run of axes that stays before them.
Tensor sum(const Tensor& x, std::initializer_list<int> axes);
Tensor mean(const Tensor& x, std::initializer_list<int> axes);
/// The Euclidean norm of every row of x [rows, columns]: [rows]. Where a row is zero its gradient is zero, as that of
/// PyTorch's vector_norm; that of sqrt(sum(x * x, {1})) would be NaN.
Tensor row_norms(const Tensor& x);

/// scalar [1] repeated to `shape`
Tensor broadcast_scalar(const Tensor& scalar, const Shape& shape);
/// row [columns] repeated to [rows, columns]
Tensor broadcast_row(const Tensor& row, Index rows);
/// column [rows] repeated to [rows, columns]
Tensor broadcast_column(const Tensor& column, Index columns);

}  // namespace sinter
