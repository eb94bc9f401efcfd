#include "core/ops/linear.h"

#include "core/call.h"
#include "core/check.h"
#include "core/ops/operands.h"
#include "core/tape.h"
#include "kernels/gemm.h"

namespace sinter {
namespace {

using kernels::GemmShape;

/// c = (or += if it was written before) op(a) op(b)
void multiply_into(const Backward::Destination& c, const Tensor& a, const Tensor& b, const GemmShape& shape) {
    call(kernel::gemm, c.tensor, a, b, shape, TensorEpilogue{.accumulate = c.accumulate});
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
    require(a.shape().rank() == 2 && b.shape().rank() == 2, "[matmul] expected two matrices, got {} and {}", a.shape(),
            b.shape());
    const GemmShape shape{a.size(transpose_a ? 1 : 0), b.size(transpose_b ? 0 : 1), a.size(transpose_a ? 0 : 1),
                          transpose_a, transpose_b};
    require(b.size(transpose_b ? 1 : 0) == shape.k, "[matmul] inner sizes differ: {}{} times {}{}", a.shape(),
            transpose_a ? " transposed" : "", b.shape(), transpose_b ? " transposed" : "");
    Tensor c = Tensor::empty({shape.m, shape.n}, a.device());
    multiply_into({c, false}, a, b, shape);
    return record("matmul", c, {a, b}, [=](Backward& back) {
        // C = A B: dA = dC B^T, dB = A^T dC; the transposes of a stored A or B swap roles.
        const Tensor dc = back.dy();
        if (back.wants(0)) {
            back.add(0, transpose_a ? matmul(b, dc, transpose_b, true) : matmul(dc, b, false, !transpose_b));
        }
        if (back.wants(1)) {
            back.add(1, transpose_b ? matmul(dc, a, true, transpose_a) : matmul(a, dc, !transpose_a, false));
        }
    });
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
    require(x.shape().rank() == 2, "[linear] expected a matrix of rows to transform, got {}; flatten it first",
            x.shape());
    require(weight.shape().rank() == 2 && weight.size(0) == x.size(1),
            "[linear] weight {} expects rows of {} values, the input is {}", weight.shape(), weight.size(0), x.shape());
    require(!bias.defined() || bias.shape() == Shape{weight.size(1)}, "[linear] expected a bias of {} values, got {}",
            weight.size(1), bias.defined() ? bias.shape() : Shape());
    if (keeps_input(activation.kind)) return activate(linear(x, weight, bias), activation);
    const Index batch = x.size(0), in = weight.size(0), out = weight.size(1);
    Tensor y = Tensor::empty({batch, out}, x.device());
    call(kernel::gemm, y, x, weight, GemmShape{batch, out, in}, TensorEpilogue{bias, activation});
    return record("linear", y, {x, weight, bias}, [=, kept = kept_output(y, activation)](Backward& back) {
        // s = x W + b, y = f(s):  ds = dy f'(y),  dx = ds W^T,  dW = x^T ds,  db = sum of ds over the batch
        const bool both_parameters = !back.create_graph() && !kept.defined() && back.wants(1) && back.wants(2);
        const Tensor ds = both_parameters ? back.dy() : through_activation(back, kept, activation, 2);
        if (back.create_graph()) {
            if (back.wants(0)) back.add(0, matmul(ds, weight, false, true));
            if (back.wants(1)) back.add(1, matmul(x, ds, true, false));
            return;
        }
        if (both_parameters) {
            const Backward::Destination dw = back.destination(1), db = back.destination(2);
            call(kernel::linear_parameter_gradients, dw.tensor, db.tensor, x, ds, kernels::LinearShape{batch, in, out},
                 dw.accumulate, db.accumulate);
        } else if (back.wants(1)) {
            multiply_into(back.destination(1), x, ds, {in, out, batch, true, false});
        }
        if (back.wants(0)) multiply_into(back.destination(0), ds, weight, {batch, in, out, false, true});
    });
}

}  // namespace sinter
