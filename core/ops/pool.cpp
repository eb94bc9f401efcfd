#include "core/ops/pool.h"

#include <algorithm>

#include "core/call.h"
#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/ops/operands.h"
#include "core/ops/shape.h"
#include "core/tape.h"
#include "kernels/geometry.h"
#include "kernels/pool.h"

namespace sinter {
namespace {

using kernels::ImageShape;
using kernels::PoolGeometry;

Shape input_shape(const PoolGeometry& g) { return {g.batch, g.height, g.width, g.channels}; }
Shape output_shape(const PoolGeometry& g) { return {g.batch, g.out_height, g.out_width, g.channels}; }

PoolGeometry geometry(const char* op, const Tensor& x, const PoolOptions& options) {
    const ImageShape images = require_images(op, x);
    const auto [kernel, given_stride, padding] = options;
    require(kernel >= 1 && given_stride >= 0,
            "[{}] expected a kernel of at least 1 and a stride of at least 1 (or 0: the kernel), got {} and {}", op,
            kernel, given_stride);
    require(padding >= 0 && padding <= kernel / 2,
            "[{}] expected a padding of at least 0 and at most half of the kernel {}, got {}", op, kernel, padding);
    const Index stride = given_stride == 0 ? kernel : given_stride;
    const Index out_height = kernels::conv_output_size(images.height, kernel, stride, {padding, padding});
    const Index out_width = kernels::conv_output_size(images.width, kernel, stride, {padding, padding});
    require(out_height > 0 && out_width > 0,
            "[{}] a window of {}x{} does not fit into images of {}x{} with padding {}; use larger images or a smaller "
            "kernel",
            op, kernel, kernel, images.height, images.width, padding);
    return {images.batch, images.height, images.width, images.channels, out_height, out_width, kernel, stride, padding};
}

// A mean of pixels is linear: the gradient of its gradient is the mean again. Upsampling is the same below.
Tensor average_gradient(const Tensor& dy, const PoolGeometry& g);

Tensor average(const Tensor& x, const PoolGeometry& g) {
    Tensor y = Tensor::empty(output_shape(g), x.device());
    call(kernel::average_pool_forward, y, x, g);
    return record("average_pool2d", y, {x}, [=](Backward& back) { back.add(0, average_gradient(back.dy(), g)); });
}

Tensor average_gradient(const Tensor& dy, const PoolGeometry& g) {
    Tensor dx = Tensor::empty(input_shape(g), dy.device());
    call(kernel::average_pool_backward, dx, dy, g);
    return record("average_pool2d_gradient", dx, {dy}, [=](Backward& back) { back.add(0, average(back.dy(), g)); });
}

Tensor upsampled_gradient(const Tensor& dy, const ImageShape& shape, Index factor);

Tensor upsampled(const Tensor& x, const ImageShape& shape, Index factor) {
    Tensor y = Tensor::empty({shape.batch, shape.height * factor, shape.width * factor, shape.channels}, x.device());
    call(kernel::upsample_nearest_forward, y, x, shape, factor);
    return record("upsample_nearest2d", y, {x},
                  [=](Backward& back) { back.add(0, upsampled_gradient(back.dy(), shape, factor)); });
}

Tensor upsampled_gradient(const Tensor& dy, const ImageShape& shape, Index factor) {
    Tensor dx = Tensor::empty({shape.batch, shape.height, shape.width, shape.channels}, dy.device());
    call(kernel::upsample_nearest_backward, dx, dy, shape, factor);
    return record("upsample_nearest2d_gradient", dx, {dy},
                  [=](Backward& back) { back.add(0, upsampled(back.dy(), shape, factor)); });
}

}  // namespace

Tensor average_pool2d(const Tensor& x, const PoolOptions& options) {
    return average(x, geometry("average_pool2d", x, options));
}

Tensor max_pool2d(const Tensor& x, const PoolOptions& options) {
    const PoolGeometry g = geometry("max_pool2d", x, options);
    Tensor y = Tensor::empty(output_shape(g), x.device());
    call(kernel::max_pool_forward, y, x, g);
    return record("max_pool2d", y, {x}, [=](Backward& back) {
        const Tensor dy = back.dy(), dx = back.target(0);
        call(kernel::max_pool_backward, dx, dy, x, g);
    });
}

Tensor global_average_pool2d(const Tensor& x) {
    require_images("global_average_pool2d", x);
    const Index height = x.size(1), width = x.size(2), side = std::max(height, width);
    require(height > 0 && width > 0, "[global_average_pool2d] expected images with pixels, got {}", x.shape());
    // One square window over everything; what it counts beyond the image are zeros.
    const Tensor means = average(x, {x.size(0), height, width, x.size(3), 1, 1, side, side, 0});
    const Tensor y = reshape(means, {x.size(0), x.size(3)});
    return height == width ? y : affine(y, static_cast<double>(side * side) / static_cast<double>(height * width), 0);
}

Tensor upsample_nearest2d(const Tensor& x, Index factor) {
    const ImageShape images = require_images("upsample_nearest2d", x);
    require(factor >= 1, "[upsample_nearest2d] expected a factor of at least 1, got {}", factor);
    return upsampled(x, images, factor);
}

}  // namespace sinter
