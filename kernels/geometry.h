// The sizes of images, convolutions and pooling. A transposed convolution has no geometry of its own: it is the input
// gradient of a convolution.
#pragma once

#include <compare>

#include "kernels/contract.h"

namespace sinter::kernels {

/// Images [batch, height, width, channels].
struct ImageShape {
    Index batch = 0, height = 0, width = 0, channels = 0;

    constexpr Index count() const { return batch * height * width * channels; }
};

/// A two-dimensional convolution of images x [batch, height, width, in_channels] with a weight
/// [kernel_height, kernel_width, in_channels, out_channels] (HWIO) to y [batch, out_height, out_width, out_channels]:
///   y[n, i, j, o] = sum over a, b, c of x[n, i stride + a - pad_top, j stride + b - pad_left, c] w[a, b, c, o]
/// where x is zero outside. The padding below and to the right is whatever out_height and out_width imply.
struct ConvGeometry {
    Index batch = 0, height = 0, width = 0, in_channels = 0;
    Index out_height = 0, out_width = 0, out_channels = 0;
    Index kernel_height = 1, kernel_width = 1;
    Index stride = 1;
    Index pad_top = 0, pad_left = 0;

    auto operator<=>(const ConvGeometry&) const = default;

    constexpr Index input_count() const { return batch * height * width * in_channels; }
    constexpr Index output_count() const { return batch * out_height * out_width * out_channels; }
    constexpr Index taps() const { return kernel_height * kernel_width; }
    constexpr Index weight_count() const { return taps() * in_channels * out_channels; }
    /// Multiply-adds of the convolution and of each of its gradients, border included.
    constexpr double multiply_adds() const {
        return static_cast<double>(batch * out_height * out_width) * static_cast<double>(weight_count());
    }
};

/// Padding before and after one axis.
struct Padding {
    Index before = 0, after = 0;
};

/// The number of outputs along an axis, or 0 where the kernel does not fit.
constexpr Index conv_output_size(Index size, Index kernel, Index stride, Padding padding) {
    const Index room = size + padding.before + padding.after - kernel;
    return room < 0 ? 0 : room / stride + 1;
}

/// TensorFlow's padding 'same': as many outputs as strides fit, the odd pixel of padding after.
constexpr Padding same_padding(Index size, Index kernel, Index stride) {
    const Index outputs = (size + stride - 1) / stride;
    const Index needed = (outputs - 1) * stride + kernel - size;
    return needed <= 0 ? Padding{} : Padding{needed / 2, needed - needed / 2};
}

/// Stride and padding of a convolution.
struct ConvOptions {
    Index stride = 1;
    Padding vertical = {}, horizontal = {};  ///< above and below, left and right
};

/// The window of a convolution and the channels that it gives; those that it takes are the image's.
struct KernelShape {
    Index height = 1, width = 1, out_channels = 0;
};

/// The convolution of such images. An output size is 0 where the kernel does not fit.
constexpr ConvGeometry conv_geometry(const ImageShape& images, const KernelShape& kernel,
                                     const ConvOptions& options = {}) {
    const auto [stride, vertical, horizontal] = options;
    return {.batch = images.batch,
            .height = images.height,
            .width = images.width,
            .in_channels = images.channels,
            .out_height = conv_output_size(images.height, kernel.height, stride, vertical),
            .out_width = conv_output_size(images.width, kernel.width, stride, horizontal),
            .out_channels = kernel.out_channels,
            .kernel_height = kernel.height,
            .kernel_width = kernel.width,
            .stride = stride,
            .pad_top = vertical.before,
            .pad_left = horizontal.before};
}

/// Pooling of images x [batch, height, width, channels] to y [batch, out_height, out_width, channels]: output (i, j)
/// has the window of kernel x kernel pixels from (i stride - pad, j stride - pad) on. Every window holds a pixel of the
/// image, as is so for pad <= kernel / 2 and output sizes up to conv_output_size().
struct PoolGeometry {
    Index batch = 0, height = 0, width = 0, channels = 0;
    Index out_height = 0, out_width = 0;
    Index kernel = 2, stride = 2, pad = 0;

    constexpr Index input_count() const { return batch * height * width * channels; }
    constexpr Index output_count() const { return batch * out_height * out_width * channels; }
    /// The weight of a pixel in the average over its window.
    constexpr float average_weight() const { return 1 / static_cast<float>(kernel * kernel); }
};

/// The pooling whose windows are the factor x factor pixels that upsampling makes of each pixel of images of `shape`.
constexpr PoolGeometry upsampling_windows(const ImageShape& shape, Index factor) {
    return {shape.batch,
            shape.height * factor,
            shape.width * factor,
            shape.channels,
            shape.height,
            shape.width,
            factor,
            factor,
            0};
}

}  // namespace sinter::kernels
