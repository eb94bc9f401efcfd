#include "core/ops/conv.h"

#include "core/call.h"
#include "core/check.h"
#include "core/ops/operands.h"
#include "core/tape.h"
#include "kernels/conv.h"

namespace sinter {
namespace {

using kernels::ConvGeometry;

// The three products of a convolution, each on the tape, each differentiable through the other two: they are bilinear,
// and the gradient of one with respect to an operand is another.
Tensor forward(const Tensor& x, const Tensor& w, const ConvGeometry& g);
Tensor input_gradient(const Tensor& dy, const Tensor& w, const ConvGeometry& g);
Tensor weight_gradient(const Tensor& x, const Tensor& dy, const ConvGeometry& g);

Shape input_shape(const ConvGeometry& g) { return {g.batch, g.height, g.width, g.in_channels}; }
Shape output_shape(const ConvGeometry& g) { return {g.batch, g.out_height, g.out_width, g.out_channels}; }
kernels::KernelShape kernel_shape(const Tensor& weight) { return {weight.size(0), weight.size(1), weight.size(3)}; }
Shape weight_shape(const ConvGeometry& g) { return {g.kernel_height, g.kernel_width, g.in_channels, g.out_channels}; }

void weight_gradient_into(const Backward::Destination& dw, const Tensor& x, const Tensor& dy, const ConvGeometry& g) {
    call(kernel::conv_weight_gradient, dw.tensor, x, dy, g, dw.accumulate);
}

Tensor forward(const Tensor& x, const Tensor& w, const ConvGeometry& g) {
    Tensor y = Tensor::empty(output_shape(g), x.device());
    call(kernel::conv_forward, y, x, w, g, TensorEpilogue{});
    return record("conv2d", y, {x, w}, [=](Backward& back) {
        if (back.wants(0)) back.add(0, input_gradient(back.dy(), w, g));
        if (back.wants(1)) back.add(1, weight_gradient(x, back.dy(), g));
    });
}

Tensor input_gradient(const Tensor& dy, const Tensor& w, const ConvGeometry& g) {
    Tensor dx = Tensor::empty(input_shape(g), dy.device());
    call(kernel::conv_input_gradient, dx, dy, w, g, TensorEpilogue{});
    return record("conv2d_input_gradient", dx, {dy, w}, [=](Backward& back) {
        if (back.wants(0)) back.add(0, forward(back.dy(), w, g));
        if (back.wants(1)) back.add(1, weight_gradient(back.dy(), dy, g));
    });
}

Tensor weight_gradient(const Tensor& x, const Tensor& dy, const ConvGeometry& g) {
    Tensor dw = Tensor::empty(weight_shape(g), x.device());
    weight_gradient_into({dw, false}, x, dy, g);
    return record("conv2d_weight_gradient", dw, {x, dy}, [=](Backward& back) {
        if (back.wants(0)) back.add(0, input_gradient(dy, back.dy(), g));
        if (back.wants(1)) back.add(1, forward(x, back.dy(), g));
    });
}

kernels::ImageShape require_operands(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                                     const ConvOptions& options, Index in, Index out) {
    const kernels::ImageShape images = require_images(op, x);
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
    return images;
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options,
              Activation activation) {
    require(weight.shape().rank() == 4, "[conv2d] expected a weight [height, width, in, out], got {}", weight.shape());
    const kernels::ImageShape images =
        require_operands("conv2d", x, weight, bias, options, weight.size(2), weight.size(3));
    if (keeps_input(activation.kind)) return activate(conv2d(x, weight, bias, options), activation);
    const ConvGeometry g = kernels::conv_geometry(images, kernel_shape(weight), options);
    require(g.out_height > 0 && g.out_width > 0,
            "[conv2d] a kernel of {}x{} does not fit into images of {}x{} with padding {} {} "
            "{} {}; use larger images or more padding",
            g.kernel_height, g.kernel_width, g.height, g.width, options.vertical.before, options.vertical.after,
            options.horizontal.before, options.horizontal.after);
    Tensor y = Tensor::empty(output_shape(g), x.device());
    call(kernel::conv_forward, y, x, weight, g, TensorEpilogue{bias, activation});
    return record("conv2d", y, {x, weight, bias}, [=, kept = kept_output(y, activation)](Backward& back) {
        const Tensor ds = through_activation(back, kept, activation, 2);
        if (back.create_graph()) {
            if (back.wants(0)) back.add(0, input_gradient(ds, weight, g));
            if (back.wants(1)) back.add(1, weight_gradient(x, ds, g));
            return;
        }
        if (back.wants(1)) weight_gradient_into(back.destination(1), x, ds, g);
        if (back.wants(0)) call(kernel::conv_input_gradient, back.target(0), ds, weight, g, TensorEpilogue{});
    });
}

Tensor conv2d_transpose(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options,
                        Index out_height, Index out_width, Activation activation) {
    require(weight.shape().rank() == 4, "[conv2d_transpose] expected a weight [height, width, out, in], got {}",
            weight.shape());
    const kernels::ImageShape images =
        require_operands("conv2d_transpose", x, weight, bias, options, weight.size(3), weight.size(2));
    if (keeps_input(activation.kind)) {
        return activate(conv2d_transpose(x, weight, bias, options, out_height, out_width), activation);
    }
    // The geometry of the convolution back: its input is the layer's output.
    const ConvGeometry g = kernels::conv_geometry(
        {.batch = images.batch, .height = out_height, .width = out_width, .channels = weight.size(2)},
        kernel_shape(weight), options);
    require(g.out_height == images.height && g.out_width == images.width,
            "[conv2d_transpose] a convolution takes {}x{} back to {}x{}, the input is {}x{}; choose another output "
            "size or padding",
            out_height, out_width, g.out_height, g.out_width, images.height, images.width);
    Tensor y = Tensor::empty(input_shape(g), x.device());
    call(kernel::conv_input_gradient, y, x, weight, g, TensorEpilogue{bias, activation});
    return record("conv2d_transpose", y, {x, weight, bias}, [=, kept = kept_output(y, activation)](Backward& back) {
        const Tensor ds = through_activation(back, kept, activation, 2);
        if (back.create_graph()) {
            if (back.wants(0)) back.add(0, forward(ds, weight, g));
            if (back.wants(1)) back.add(1, weight_gradient(ds, x, g));
            return;
        }
        if (back.wants(1)) weight_gradient_into(back.destination(1), ds, x, g);
        if (back.wants(0)) call(kernel::conv_forward, back.target(0), ds, weight, g, TensorEpilogue{});
    });
}

}  // namespace sinter
