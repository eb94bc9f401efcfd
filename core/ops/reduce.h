// Sums and means, and the broadcasts that are their gradients. All have derivatives of every order.
#pragma once

#include "core/tensor.h"

namespace sinter {

/// The sum, or the mean, of all elements, as a tensor [1]
Tensor sum(const Tensor& x);
Tensor mean(const Tensor& x);
/// x [rows, columns] summed over its rows: [columns]
Tensor sum_rows(const Tensor& x);
/// x [rows, columns] summed over its columns: [rows]
Tensor sum_columns(const Tensor& x);
/// The Euclidean norm of every row of x [rows, columns]: [rows]. Where a row is zero its gradient is zero, as that of
/// PyTorch's vector_norm; that of sqrt(sum_columns(x * x)) would be NaN.
Tensor row_norms(const Tensor& x);

/// scalar [1] repeated to `shape`
Tensor broadcast_scalar(const Tensor& scalar, const Shape& shape);
/// row [columns] repeated to [rows, columns]
Tensor broadcast_row(const Tensor& row, Index rows);
/// column [rows] repeated to [rows, columns]
Tensor broadcast_column(const Tensor& column, Index columns);

}  // namespace sinter
