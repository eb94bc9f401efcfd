// Ops that move elements without changing them. All have derivatives of every order.
#pragma once

#include <span>

#include "core/tensor.h"

namespace sinter {

/// The same elements in another shape of equal count; shares the memory.
Tensor reshape(const Tensor& x, const Shape& shape);
/// x [rows, columns] as [columns, rows]
Tensor transpose(const Tensor& x);
/// Columns [first, first + columns) of a matrix
Tensor slice_columns(const Tensor& x, Index first, Index columns);
/// [a b]: two matrices of equal row count side by side
Tensor concatenate_columns(const Tensor& a, const Tensor& b);

}  // namespace sinter
