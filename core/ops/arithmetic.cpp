#include "core/ops/arithmetic.h"

#include "core/call.h"
#include "core/check.h"
#include "core/ops/reduce.h"
#include "core/tape.h"
#include "kernels/elementwise.h"

namespace sinter {
namespace {

void require_equal(const char* op, const Tensor& a, const Tensor& b) {
    require(a.shape() == b.shape(), "[{}] expected two tensors of equal shape, got {} and {}", op, a.shape(),
            b.shape());
}

kernels::MatrixShape require_matrix_and_vector(const char* op, const Tensor& x, const Tensor& vector, int axis) {
    require(x.shape().rank() == 2 && vector.shape().rank() == 1 && vector.count() == x.size(axis),
            "[{}] expected a matrix and a vector along its axis {}, got {} and {}", op, axis, x.shape(),
            vector.shape());
    return {x.size(0), x.size(1)};
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
    require_equal("add", a, b);
    return recorded_sum(a, b);
}

Tensor subtract(const Tensor& a, const Tensor& b) {
    require_equal("subtract", a, b);
    Tensor y = Tensor::empty(a.shape(), a.device());
    call(kernel::subtract, y, a, b, y.count());
    return record("subtract", y, {a, b}, [](Backward& back) {
        if (back.wants(0)) back.add(0, back.dy());
        if (back.wants(1)) back.add(1, -back.dy());
    });
}

Tensor multiply(const Tensor& a, const Tensor& b) {
    require_equal("multiply", a, b);
    Tensor y = Tensor::empty(a.shape(), a.device());
    call(kernel::multiply, y, a, b, y.count());
    return record("multiply", y, {a, b}, [=](Backward& back) {
        if (back.wants(0)) back.add(0, back.dy() * b);
        if (back.wants(1)) back.add(1, back.dy() * a);
    });
}

Tensor divide(const Tensor& a, const Tensor& b) {
    require_equal("divide", a, b);
    Tensor y = Tensor::empty(a.shape(), a.device());
    call(kernel::divide, y, a, b, y.count());
    return record("divide", y, {a, b}, [=](Backward& back) {
        const Tensor da = back.dy() / b;  // d(a/b) = da / b - (a/b) db / b
        if (back.wants(0)) back.add(0, da);
        if (back.wants(1)) back.add(1, -(da * (a / b)));
    });
}

Tensor affine(const Tensor& x, double factor, double offset) {
    Tensor y = Tensor::empty(x.shape(), x.device());
    call(kernel::affine, y, x, y.count(), factor, offset);
    return record("affine", y, {x}, [=](Backward& back) { back.add(0, affine(back.dy(), factor, 0)); });
}

Tensor multiply_scalar(const Tensor& x, const Tensor& scalar) {
    require(scalar.count() == 1, "[multiply_scalar] expected a scalar of one element, got {}", scalar.shape());
    Tensor y = Tensor::empty(x.shape(), x.device());
    call(kernel::multiply_scalar, y, x, scalar, y.count());
    return record("multiply_scalar", y, {x, scalar}, [=](Backward& back) {
        if (back.wants(0)) back.add(0, multiply_scalar(back.dy(), scalar));
        if (back.wants(1)) back.add(1, sum(back.dy() * x));
    });
}

Tensor sqrt(const Tensor& x) {
    Tensor y = Tensor::empty(x.shape(), x.device());
    call(kernel::square_root, y, x, y.count());
    return record("sqrt", y, {x}, [y = y.detach()](Backward& back) {
        back.add(0, 0.5 * (back.dy() / back.output(y)));  // d sqrt(x) = dx / (2 sqrt(x))
    });
}

Tensor log(const Tensor& x) {
    Tensor y = Tensor::empty(x.shape(), x.device());
    call(kernel::logarithm, y, x, y.count());
    return record("log", y, {x}, [=](Backward& back) { back.add(0, back.dy() / x); });
}

namespace {

/// dy where low <= x <= high, else 0; linear in dy.
Tensor keep_inside(const Tensor& dy, const Tensor& x, double low, double high) {
    Tensor dx = Tensor::empty(dy.shape(), dy.device());
    call(kernel::clamp_backward, dx, dy, x, dx.count(), low, high);
    return record("clamp_backward", dx, {dy},
                  [=, x = x.detach()](Backward& back) { back.add(0, keep_inside(back.dy(), x, low, high)); });
}

}  // namespace

Tensor clamp(const Tensor& x, double low, double high) {
    require(low <= high, "[clamp] expected low <= high, got {} and {}", low, high);
    Tensor y = Tensor::empty(x.shape(), x.device());
    call(kernel::clamp, y, x, y.count(), low, high);
    return record("clamp", y, {x}, [=](Backward& back) { back.add(0, keep_inside(back.dy(), x, low, high)); });
}

Tensor add_row(const Tensor& x, const Tensor& row) {
    const kernels::MatrixShape shape = require_matrix_and_vector("add_row", x, row, 1);
    Tensor y = Tensor::empty(x.shape(), x.device());
    call(kernel::add_row, y, x, row, shape);
    return record("add_row", y, {x, row}, [](Backward& back) {
        if (back.wants(0)) back.add(0, back.dy());
        if (back.wants(1)) back.add(1, sum(back.dy(), {0}));
    });
}

Tensor multiply_row(const Tensor& x, const Tensor& row) {
    const kernels::MatrixShape shape = require_matrix_and_vector("multiply_row", x, row, 1);
    Tensor y = Tensor::empty(x.shape(), x.device());
    call(kernel::multiply_row, y, x, row, shape);
    return record("multiply_row", y, {x, row}, [=](Backward& back) {
        if (back.wants(0)) back.add(0, multiply_row(back.dy(), row));
        if (back.wants(1)) back.add(1, sum(back.dy() * x, {0}));
    });
}

Tensor multiply_column(const Tensor& x, const Tensor& column) {
    const kernels::MatrixShape shape = require_matrix_and_vector("multiply_column", x, column, 0);
    Tensor y = Tensor::empty(x.shape(), x.device());
    call(kernel::multiply_column, y, x, column, shape);
    return record("multiply_column", y, {x, column}, [=](Backward& back) {
        if (back.wants(0)) back.add(0, multiply_column(back.dy(), column));
        if (back.wants(1)) back.add(1, sum(back.dy() * x, {1}));
    });
}

}  // namespace sinter
