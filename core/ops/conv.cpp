#include "core/ops/conv.h"

#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/ops/operands.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/tape.h"
#include "kernels/conv.h"
#include "kernels/reduce.h"

namespace sinter {
namespace {

using kernels::ConvGeometry;
using kernels::Epilogue;

// The three products of a convolution, each on the tape, each differentiable through the other two: they are bilinear,
// and the gradient of one with respect to an operand is another.
Tensor forward(const Tensor& x, const Tensor& w, const ConvGeometry& g);
Tensor input_gradient(const Tensor& dy, const Tensor& w, const ConvGeometry& g);
Tensor weight_gradient(const Tensor& x, const Tensor& dy, const ConvGeometry& g);

Shape input_shape(const ConvGeometry& g) { return {g.batch, g.height, g.width, g.in_channels}; }
Shape output_shape(const ConvGeometry& g) { return {g.batch, g.out_height, g.out_width, g.out_channels}; }
Shape weight_shape(const ConvGeometry& g) { return {g.kernel_height, g.kernel_width, g.in_channels, g.out_channels}; }

template <class Queue>
Epilogue<typename Queue::Real> epilogue(const Queue& queue, const Tensor& bias, Activation activation) {
    return {bias.data(queue), activation, false};
}

void run_forward(const Tensor& y, const Tensor& x, const Tensor& w, const Tensor& bias, Activation f,
                 const ConvGeometry& g) {
    y.device().run([&](auto& queue) {
        kernels::conv_forward(queue, y.data(queue), x.data(queue), w.data(queue), g, epilogue(queue, bias, f));
    });
}

void run_input_gradient(const Tensor& dx, const Tensor& dy, const Tensor& w, const Tensor& bias, Activation f,
                        const ConvGeometry& g) {
    dx.device().run([&](auto& queue) {
        kernels::conv_input_gradient(queue, dx.data(queue), dy.data(queue), w.data(queue), g, epilogue(queue, bias, f));
    });
}

void run_weight_gradient(const Backward::Destination& dw, const Tensor& x, const Tensor& dy, const ConvGeometry& g) {
    dw.tensor.device().run([&](auto& queue) {
        kernels::conv_weight_gradient(queue, dw.tensor.data(queue), x.data(queue), dy.data(queue), g, dw.accumulate);
    });
}

Tensor forward(const Tensor& x, const Tensor& w, const ConvGeometry& g) {
    Tensor y = Tensor::empty(output_shape(g), x.device());
    run_forward(y, x, w, {}, {}, g);
    return record("conv2d", y, {x, w}, [=](Backward& back) {
        if (back.wants(0)) back.add(0, input_gradient(back.dy(), w, g));
        if (back.wants(1)) back.add(1, weight_gradient(x, back.dy(), g));
    });
}

Tensor input_gradient(const Tensor& dy, const Tensor& w, const ConvGeometry& g) {
    Tensor dx = Tensor::empty(input_shape(g), dy.device());
    run_input_gradient(dx, dy, w, {}, {}, g);
    return record("conv2d_input_gradient", dx, {dy, w}, [=](Backward& back) {
        if (back.wants(0)) back.add(0, forward(back.dy(), w, g));
        if (back.wants(1)) back.add(1, weight_gradient(back.dy(), dy, g));
    });
}

Tensor weight_gradient(const Tensor& x, const Tensor& dy, const ConvGeometry& g) {
    Tensor dw = Tensor::empty(weight_shape(g), x.device());
    run_weight_gradient({dw, false}, x, dy, g);
    return record("conv2d_weight_gradient", dw, {x, dy}, [=](Backward& back) {
        if (back.wants(0)) back.add(0, input_gradient(dy, back.dy(), g));
        if (back.wants(1)) back.add(1, forward(x, back.dy(), g));
    });
}

/// ds = dy f'(y), and the gradient of the bias (input 2 of the op), for an op whose output y was kept if f is not
/// identity.
Tensor through_activation(Backward& back, const Tensor& kept, Activation f, Index channels) {
    const Tensor dy = back.dy();
    const kernels::MatrixShape shape{dy.count() / channels, channels};
    if (back.create_graph()) {
        const Tensor ds = kept.defined() ? dy * activation_slope(back.output(kept), f) : dy;
        if (back.wants(2)) back.add(2, sum_rows(reshape(ds, {shape.rows, channels})));
        return ds;
    }
    Tensor ds = kept.defined() ? Tensor::empty(dy.shape(), dy.device()) : dy;
    dy.device().run([&](auto& queue) {
        if (back.wants(2)) {
            const Backward::Destination db = back.destination(2);
            if (kept.defined()) {
                kernels::bias_activation_backward(queue, ds.data(queue), db.tensor.data(queue), dy.data(queue),
                                                  kept.data(queue), shape, f, db.accumulate);
            } else {
                kernels::sum_rows(queue, db.tensor.data(queue), dy.data(queue), shape, db.accumulate);
            }
        } else if (kept.defined()) {
            kernels::activation_backward(queue, ds.data(queue), dy.data(queue), kept.data(queue), ds.count(), f);
        }
    });
    return ds;
}

void require_operands(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                      const ConvOptions& options, Index in, Index out) {
    require_images(op, x);
    require(weight.shape().rank() == 4, "[{}] expected a weight of four axes, got {}", op, weight.shape());
    require(x.size(3) == in, "[{}] weight {} expects {} input channels, the images have {} ({})", op, weight.shape(),
            in, x.size(3), x.shape());
    require(!bias.defined() || bias.shape() == Shape{out}, "[{}] expected a bias of {} values, got {}", op, out,
            bias.defined() ? bias.shape() : Shape());
    require(options.stride >= 1, "[{}] expected a stride of at least 1, got {}", op, options.stride);
    const auto [top, bottom] = options.vertical;
    const auto [left, right] = options.horizontal;
    require(top >= 0 && bottom >= 0 && left >= 0 && right >= 0, "[{}] padding cannot be negative, got {} {} {} {}", op,
            top, bottom, left, right);
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options,
              Activation activation) {
    require(weight.shape().rank() == 4, "[conv2d] expected a weight [height, width, in, out], got {}", weight.shape());
    require_operands("conv2d", x, weight, bias, options, weight.size(2), weight.size(3));
    const ConvGeometry g{x.size(0),
                         x.size(1),
                         x.size(2),
                         x.size(3),
                         kernels::conv_output_size(x.size(1), weight.size(0), options.stride, options.vertical),
                         kernels::conv_output_size(x.size(2), weight.size(1), options.stride, options.horizontal),
                         weight.size(3),
                         weight.size(0),
                         weight.size(1),
                         options.stride,
                         options.vertical.before,
                         options.horizontal.before};
    require(g.out_height > 0 && g.out_width > 0,
            "[conv2d] a kernel of {}x{} does not fit into images of {}x{} with padding {} {} "
            "{} {}; use larger images or more padding",
            g.kernel_height, g.kernel_width, g.height, g.width, options.vertical.before, options.vertical.after,
            options.horizontal.before, options.horizontal.after);
    Tensor y = Tensor::empty(output_shape(g), x.device());
    run_forward(y, x, weight, bias, activation, g);
    const Tensor kept = activation.kind == ActivationKind::identity ? Tensor() : y.detach();
    return record("conv2d", y, {x, weight, bias}, [=](Backward& back) {
        const Tensor ds = through_activation(back, kept, activation, g.out_channels);
        if (back.create_graph()) {
            if (back.wants(0)) back.add(0, input_gradient(ds, weight, g));
            if (back.wants(1)) back.add(1, weight_gradient(x, ds, g));
            return;
        }
        if (back.wants(1)) run_weight_gradient(back.destination(1), x, ds, g);
        if (back.wants(0)) run_input_gradient(back.target(0), ds, weight, {}, {}, g);
    });
}

Tensor conv2d_transpose(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options,
                        Index out_height, Index out_width, Activation activation) {
    require(weight.shape().rank() == 4, "[conv2d_transpose] expected a weight [height, width, out, in], got {}",
            weight.shape());
    require_operands("conv2d_transpose", x, weight, bias, options, weight.size(3), weight.size(2));
    // The geometry of the convolution back: its input is the layer's output.
    const ConvGeometry g{x.size(0),
                         out_height,
                         out_width,
                         weight.size(2),
                         x.size(1),
                         x.size(2),
                         x.size(3),
                         weight.size(0),
                         weight.size(1),
                         options.stride,
                         options.vertical.before,
                         options.horizontal.before};
    const Index back_height = kernels::conv_output_size(out_height, g.kernel_height, options.stride, options.vertical);
    const Index back_width = kernels::conv_output_size(out_width, g.kernel_width, options.stride, options.horizontal);
    require(back_height == g.out_height && back_width == g.out_width,
            "[conv2d_transpose] a convolution takes {}x{} back to {}x{}, the input is {}x{}; choose another output "
            "size or padding",
            out_height, out_width, back_height, back_width, g.out_height, g.out_width);
    Tensor y = Tensor::empty(input_shape(g), x.device());
    run_input_gradient(y, x, weight, bias, activation, g);
    const Tensor kept = activation.kind == ActivationKind::identity ? Tensor() : y.detach();
    return record("conv2d_transpose", y, {x, weight, bias}, [=](Backward& back) {
        const Tensor ds = through_activation(back, kept, activation, g.in_channels);
        if (back.create_graph()) {
            if (back.wants(0)) back.add(0, forward(ds, weight, g));
            if (back.wants(1)) back.add(1, weight_gradient(ds, x, g));
            return;
        }
        if (back.wants(1)) run_weight_gradient(back.destination(1), ds, x, g);
        if (back.wants(0)) run_forward(back.target(0), ds, weight, {}, {}, g);
    });
}

}  // namespace sinter
