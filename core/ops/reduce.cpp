#include "core/ops/reduce.h"

#include "core/check.h"
#include "core/ops/activation.h"
#include "core/ops/arithmetic.h"
#include "core/ops/operands.h"
#include "core/tape.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace sinter {
namespace {

Tensor scaled_sum(const char* op, const Tensor& x, double scale) {
    Tensor y = Tensor::empty({1}, x.device());
    y.device().run(
        [&](auto& queue) { kernels::sum_all(queue, y.data(queue), x.data(queue), x.count(), scale, false); });
    return record(op, y, {x}, [shape = x.shape(), scale](Backward& back) {
        back.add(0, broadcast_scalar(scale == 1 ? back.dy() : affine(back.dy(), scale, 0), shape));
    });
}

}  // namespace

Tensor sum(const Tensor& x) { return scaled_sum("sum", x, 1); }

Tensor mean(const Tensor& x) {
    require(x.count() > 0, "[mean] expected at least one element, got {}", x.shape());
    return scaled_sum("mean", x, 1.0 / static_cast<double>(x.count()));
}

Tensor sum_rows(const Tensor& x) {
    const kernels::MatrixShape shape = require_matrix("sum_rows", x);
    Tensor y = Tensor::empty({shape.columns}, x.device());
    y.device().run([&](auto& queue) { kernels::sum_rows(queue, y.data(queue), x.data(queue), shape, false); });
    return record("sum_rows", y, {x}, [=](Backward& back) { back.add(0, broadcast_row(back.dy(), shape.rows)); });
}

Tensor sum_columns(const Tensor& x) {
    const kernels::MatrixShape shape = require_matrix("sum_columns", x);
    Tensor y = Tensor::empty({shape.rows}, x.device());
    y.device().run([&](auto& queue) { kernels::sum_columns(queue, y.data(queue), x.data(queue), shape, false); });
    return record("sum_columns", y, {x},
                  [=](Backward& back) { back.add(0, broadcast_column(back.dy(), shape.columns)); });
}

Tensor row_norms(const Tensor& x) {
    const kernels::MatrixShape shape = require_matrix("row_norms", x);
    Tensor norms = Tensor::empty({shape.rows}, x.device());
    const Tensor squares = Tensor::empty(x.shape(), x.device());
    norms.device().run([&](auto& queue) {
        kernels::multiply(queue, squares.data(queue), x.data(queue), x.data(queue), shape.count());
        kernels::sum_columns(queue, norms.data(queue), squares.data(queue), shape, false);
        kernels::square_root(queue, norms.data(queue), norms.data(queue), shape.rows);
    });
    return record("row_norms", norms, {x}, [=, kept = norms.detach()](Backward& back) {
        // d |x| = x dx / |x|. Rows of zeros divide a zero by one.
        const Tensor positive = activation_slope(kept, relu());  // 1 where the norm is above 0, else 0
        const Tensor divisor = back.output(kept) + affine(positive, -1, 1);
        back.add(0, multiply_column(x, back.dy() * positive / divisor));
    });
}

Tensor broadcast_scalar(const Tensor& scalar, const Shape& shape) {
    require(scalar.count() == 1, "[broadcast_scalar] expected one element, got {}", scalar.shape());
    Tensor y = Tensor::empty(shape, scalar.device());
    y.device().run(
        [&](auto& queue) { kernels::broadcast_scalar(queue, y.data(queue), scalar.data(queue), y.count()); });
    return record("broadcast_scalar", y, {scalar}, [](Backward& back) { back.add(0, sum(back.dy())); });
}

Tensor broadcast_row(const Tensor& row, Index rows) {
    require(row.shape().rank() == 1, "[broadcast_row] expected a vector, got {}", row.shape());
    Tensor y = Tensor::empty({rows, row.count()}, row.device());
    y.device().run([&](auto& queue) {
        kernels::broadcast_row(queue, y.data(queue), row.data(queue), {rows, row.count()});
    });
    return record("broadcast_row", y, {row}, [](Backward& back) { back.add(0, sum_rows(back.dy())); });
}

Tensor broadcast_column(const Tensor& column, Index columns) {
    require(column.shape().rank() == 1, "[broadcast_column] expected a vector, got {}", column.shape());
    Tensor y = Tensor::empty({column.count(), columns}, column.device());
    y.device().run([&](auto& queue) {
        kernels::broadcast_column(queue, y.data(queue), column.data(queue), {column.count(), columns});
    });
    return record("broadcast_column", y, {column}, [](Backward& back) { back.add(0, sum_columns(back.dy())); });
}

}  // namespace sinter
