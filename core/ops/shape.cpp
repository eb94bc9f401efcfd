#include "core/ops/shape.h"

#include "core/call.h"
#include "core/check.h"
#include "core/ops/operands.h"
#include "core/tape.h"
#include "kernels/elementwise.h"
#include "kernels/gather.h"

namespace sinter {
namespace {

/// Zeros [rows, columns] with dy [rows, its columns] placed from column `first` on: the gradient of a slice.
Tensor pad_columns(const Tensor& dy, Index first, Index columns) {
    Tensor dx = Tensor::zeros({dy.size(0), columns}, dy.device());
    call(kernel::copy_block, FromElement{dx, first, dy.count()}, dy, kernels::MatrixShape{dy.size(0), dy.size(1)},
         columns, dy.size(1), false);
    return record("pad_columns", dx, {dy},
                  [=, width = dy.size(1)](Backward& back) { back.add(0, slice_columns(back.dy(), first, width)); });
}

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) {
    require(shape.count() == x.count(), "[reshape] {} does not hold the {} elements of {}", shape, x.count(),
            x.shape());
    return record("reshape", x.view(shape), {x},
                  [from = x.shape()](Backward& back) { back.add(0, reshape(back.dy(), from)); });
}

Tensor transpose(const Tensor& x) {
    const kernels::MatrixShape shape = require_matrix("transpose", x);
    Tensor y = Tensor::empty({shape.columns, shape.rows}, x.device());
    call(kernel::transpose, y, x, shape);
    return record("transpose", y, {x}, [](Backward& back) { back.add(0, transpose(back.dy())); });
}

Tensor slice_columns(const Tensor& x, Index first, Index columns) {
    require_matrix("slice_columns", x);
    require(first >= 0 && columns >= 0 && first + columns <= x.size(1),
            "[slice_columns] columns {} to {} do not exist in {}", first, first + columns, x.shape());
    Tensor y = Tensor::empty({x.size(0), columns}, x.device());
    call(kernel::copy_block, y, FromElement{x, first, y.count()}, kernels::MatrixShape{x.size(0), columns}, columns,
         x.size(1), false);
    return record("slice_columns", y, {x},
                  [=, width = x.size(1)](Backward& back) { back.add(0, pad_columns(back.dy(), first, width)); });
}

Tensor concatenate_columns(const Tensor& a, const Tensor& b) {
    require_matrix("concatenate_columns", a);
    require_matrix("concatenate_columns", b);
    require(a.size(0) == b.size(0), "[concatenate_columns] expected equal row counts, got {} and {}", a.shape(),
            b.shape());
    const Index left = a.size(1), right = b.size(1), both = left + right;
    Tensor y = Tensor::empty({a.size(0), both}, a.device());
    call(kernel::copy_block, FromElement{y, 0, a.count()}, a, kernels::MatrixShape{a.size(0), left}, both, left, false);
    call(kernel::copy_block, FromElement{y, left, b.count()}, b, kernels::MatrixShape{b.size(0), right}, both, right,
         false);
    return record("concatenate_columns", y, {a, b}, [=](Backward& back) {
        if (back.wants(0)) back.add(0, slice_columns(back.dy(), 0, left));
        if (back.wants(1)) back.add(1, slice_columns(back.dy(), left, right));
    });
}

}  // namespace sinter
