#include "core/ops/activation.h"

#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/tape.h"

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

Tensor activate(const Tensor& x, Activation activation) {
    if (activation.kind == ActivationKind::identity) return x;
    Tensor y = Tensor::empty(x.shape(), x.device());
    y.device().run(
        [&](auto& queue) { kernels::activation_forward(queue, y.data(queue), x.data(queue), y.count(), activation); });
    return record("activation", y, {x}, [y = y.detach(), activation](Backward& back) {
        const Tensor dy = back.dy();
        if (back.create_graph()) return back.add(0, dy * activation_slope(back.output(y), activation));
        const Tensor dx = back.target(0);
        dx.device().run([&](auto& queue) {
            kernels::activation_backward(queue, dx.data(queue), dy.data(queue), y.data(queue), y.count(), activation);
        });
    });
}

Tensor activation_slope(const Tensor& y, Activation activation) {
    switch (activation.kind) {
        case ActivationKind::identity:
            return affine(y, 0, 1);
        case ActivationKind::relu:
        case ActivationKind::leaky_relu:
        case ActivationKind::elu: {
            // The slope of the gradient kernel for an upstream gradient of one. ReLU and LeakyReLU bend nowhere else
            // than at zero, so it is a constant; ELU's is y + alpha below zero, whose own slope is 1 there and 0 above.
            const Tensor ones = Tensor::full(y.shape(), 1, y.device());
            Tensor slope = Tensor::empty(y.shape(), y.device());
            slope.device().run([&](auto& queue) {
                kernels::activation_backward(queue, slope.data(queue), ones.data(queue), y.data(queue), y.count(),
                                             activation);
            });
            if (activation.kind != ActivationKind::elu) return slope;
            return record("elu_slope", slope, {y}, [y = y.detach()](Backward& back) {
                back.add(0, back.dy() * affine(activation_slope(y, relu()), -1, 1));
            });
        }
        case ActivationKind::sigmoid:
            return y * affine(y, -1, 1);
        case ActivationKind::tanh:
            return affine(y * y, -1, 1);
        case ActivationKind::softplus:
            return affine(activate(-y, exponential()), -1, 1);
        case ActivationKind::exp:
            return y;
    }
    return {};
}

}  // namespace sinter
