#include "core/ops/linear.h"

#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/ops/reduce.h"
#include "core/tape.h"
#include "kernels/gemm.h"
#include "kernels/reduce.h"

namespace sinter {
namespace {

using kernels::Epilogue;
using kernels::GemmShape;

/// c = (or += if accumulate) op(a) op(b)
void multiply_into(const Tensor& c, const Tensor& a, const Tensor& b, const GemmShape& shape, bool accumulate) {
    c.device().run([&](auto& queue) {
        using Real = RealOf<decltype(queue)>;
        Epilogue<Real> epilogue;
        epilogue.accumulate = accumulate;
        kernels::gemm(queue, c.data(queue), a.data(queue), b.data(queue), shape, epilogue);
    });
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
    multiply_into(c, a, b, shape, false);
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
    const Index batch = x.size(0), in = weight.size(0), out = weight.size(1);
    Tensor y = Tensor::empty({batch, out}, x.device());
    y.device().run([&](auto& queue) {
        using Real = RealOf<decltype(queue)>;
        const Epilogue<Real> epilogue{bias.data(queue), activation, false};
        kernels::gemm(queue, y.data(queue), x.data(queue), weight.data(queue), {batch, out, in}, epilogue);
    });
    // The output is kept only where the gradient needs it.
    const Tensor kept = activation.kind == ActivationKind::identity ? Tensor() : y.detach();
    return record("linear", y, {x, weight, bias}, [=](Backward& back) {
        // s = x W + b, y = f(s):  ds = dy f'(y),  dx = ds W^T,  dW = x^T ds,  db = sum of ds over the batch
        if (back.create_graph()) {
            const Tensor ds = kept.defined() ? back.dy() * activation_slope(back.output(kept), activation) : back.dy();
            if (back.wants(0)) back.add(0, matmul(ds, weight, false, true));
            if (back.wants(1)) back.add(1, matmul(x, ds, true, false));
            if (back.wants(2)) back.add(2, sum_rows(ds));
            return;
        }
        Tensor ds = back.dy();
        const bool both_parameters = !kept.defined() && back.wants(1) && back.wants(2);
        if (kept.defined()) {
            const Tensor dy = ds;
            ds = Tensor::empty(dy.shape(), dy.device());
            ds.device().run([&](auto& queue) {
                if (back.wants(2)) {
                    const auto [db, accumulate] = back.destination(2);
                    kernels::bias_activation_backward(queue, ds.data(queue), db.data(queue), dy.data(queue),
                                                      kept.data(queue), {batch, out}, activation, accumulate);
                } else {
                    kernels::activation_backward(queue, ds.data(queue), dy.data(queue), kept.data(queue), ds.count(),
                                                 activation);
                }
            });
        } else if (both_parameters) {
            const Backward::Destination dw = back.destination(1), db = back.destination(2);
            ds.device().run([&](auto& queue) {
                kernels::linear_parameter_gradients(queue, dw.tensor.data(queue), db.tensor.data(queue), x.data(queue),
                                                    ds.data(queue), {batch, in, out}, dw.accumulate, db.accumulate);
            });
        } else if (back.wants(2)) {
            const auto [db, accumulate] = back.destination(2);
            ds.device().run([&, &sums = db, add = accumulate](auto& queue) {
                kernels::sum_rows(queue, sums.data(queue), ds.data(queue), {batch, out}, add);
            });
        }
        if (back.wants(1) && !both_parameters) {
            const auto [dw, accumulate] = back.destination(1);
            multiply_into(dw, x, ds, {in, out, batch, true, false}, accumulate);
        }
        if (back.wants(0)) {
            const auto [dx, accumulate] = back.destination(0);
            multiply_into(dx, ds, weight, {batch, in, out, false, true}, accumulate);
        }
    });
}

}  // namespace sinter
