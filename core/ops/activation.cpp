#include "core/ops/activation.h"

#include "core/call.h"
#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/tape.h"
#include "kernels/reduce.h"

namespace sinter {

Activation leaky_relu(double negative_slope) {
    require(negative_slope > 0, "[leaky_relu] expected a negative slope above 0, got {}; for 0 use relu()",
            negative_slope);
    return {ActivationKind::leaky_relu, static_cast<float>(negative_slope)};
}

Activation elu(double alpha) {
    require(alpha > 0, "[elu] expected an alpha above 0, got {}", alpha);
    return {ActivationKind::elu, static_cast<float>(alpha)};
}

Tensor activate(const Tensor& x, Activation f) {
    if (f.kind == ActivationKind::identity) return x;
    Tensor y = Tensor::empty(x.shape(), x.device());
    call(kernel::activation_forward, y, x, y.count(), f);
    const bool from_input = keeps_input(f.kind);
    return record("activation", y, {x}, [=, kept = from_input ? x : y.detach()](Backward& back) {
        const Tensor dy = back.dy();
        if (back.create_graph()) {
            back.add(0, dy * activation_slope(from_input ? kept : back.output(kept), f));
        } else {
            call(kernel::activation_backward, back.target(0), dy, kept, kept.count(), f);
        }
    });
}

namespace {

/// The slope of the gradient kernel for an upstream gradient of one; not on the tape.
Tensor kernel_slope(const Tensor& kept, Activation f) {
    const Tensor ones = Tensor::full(kept.shape(), 1, kept.device());
    Tensor slope = Tensor::empty(kept.shape(), kept.device());
    call(kernel::activation_backward, slope, ones, kept, kept.count(), f);
    return slope;
}

/// 1 where x > 0, else 0. It bends nowhere else than at zero, so it is a constant.
Tensor step(const Tensor& x) { return kernel_slope(x, relu()); }

}  // namespace

Tensor activation_slope(const Tensor& kept, Activation f) {
    const Tensor &x = kept, &y = kept;
    switch (f.kind) {
        case ActivationKind::identity:
            return affine(y, 0, 1);
        case ActivationKind::relu:
        case ActivationKind::leaky_relu:
            return kernel_slope(y, f);
        case ActivationKind::elu:
            // Below zero it is its own slope, above zero it has none.
            return record("elu_slope", kernel_slope(x, f), {x}, [=](Backward& back) {
                back.add(0, back.dy() * activation_slope(x, f) * affine(step(x), -1, 1));
            });
        case ActivationKind::sigmoid:
            return y * affine(y, -1, 1);
        case ActivationKind::tanh:
            return affine(y * y, -1, 1);
        case ActivationKind::softplus:
            // 1 - e^-y as ops would lose its digits far below zero, where y is small.
            return record("softplus_slope", kernel_slope(y, f), {y},
                          [=](Backward& back) { back.add(0, back.dy() * exp(-y)); });
        case ActivationKind::exp:
            return y;
        case ActivationKind::gelu:
            // d (Phi(x) + x phi(x)) = phi(x) (2 - x^2), phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
            return record("gelu_slope", kernel_slope(x, f), {x}, [=](Backward& back) {
                const Tensor squares = x * x;
                const Tensor density = affine(exp(affine(squares, -0.5, 0)), kernels::kStandardNormalPeak, 0);
                back.add(0, back.dy() * density * affine(squares, -1, 2));
            });
        case ActivationKind::silu: {
            const Tensor s = sigmoid(x);
            return s + x * (s * affine(s, -1, 1));
        }
    }
    return {};
}

Tensor slope_at(const Tensor& x, Activation f) { return activation_slope(keeps_input(f.kind) ? x : activate(x, f), f); }

Tensor kept_output(const Tensor& y, Activation f) { return f.kind == ActivationKind::identity ? Tensor() : y.detach(); }

Tensor through_activation(Backward& back, const Tensor& kept, Activation f, int bias) {
    const Tensor dy = back.dy();
    const Index channels = dy.size(-1);
    const kernels::MatrixShape shape{channels == 0 ? 0 : dy.count() / channels, channels};
    if (back.create_graph()) {
        const Tensor ds = kept.defined() ? dy * activation_slope(back.output(kept), f) : dy;
        if (back.wants(bias)) back.add(bias, sum(reshape(ds, {shape.rows, channels}), {0}));
        return ds;
    }
    const Tensor ds = kept.defined() ? Tensor::empty(dy.shape(), dy.device()) : dy;
    if (back.wants(bias)) {
        const auto [db, accumulate] = back.destination(bias);
        if (kept.defined())
            call(kernel::bias_activation_backward, ds, db, dy, kept, shape, f, accumulate);
        else
            call(kernel::sum_rows, db, dy, shape, accumulate);
    } else if (kept.defined()) {
        call(kernel::activation_backward, ds, dy, kept, ds.count(), f);
    }
    return ds;
}

}  // namespace sinter
