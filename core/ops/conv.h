// Convolution and transposed convolution of images on the tape.
#pragma once

#include "core/ops/activation.h"
#include "core/tensor.h"
#include "kernels/geometry.h"

namespace sinter {

using kernels::ConvOptions;
using kernels::Padding;
using kernels::same_padding;

/// f(conv(x, weight) + bias): x [batch, height, width, in], weight [kernel_height, kernel_width, in, out], bias [out]
/// or undefined; y [batch, out_height, out_width, out] with out_size = (size + padding - kernel) / stride + 1, rounded
/// down. Has derivatives of every order. Throws UsageError where shapes do not fit each other.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options,
              Activation activation = identity());

/// f(conv_transpose(x, weight) + bias): the input gradient of a convolution as a layer, PyTorch's ConvTranspose2d.
/// x [batch, height, width, in]; weight [kernel_height, kernel_width, out, in], that of the convolution from y back to
/// x; bias [out] or undefined; y [batch, out_height, out_width, out], whose size is given because several fit one x.
/// Has derivatives of every order. Throws UsageError where shapes do not fit each other.
Tensor conv2d_transpose(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options,
                        Index out_height, Index out_width, Activation activation = identity());

}  // namespace sinter
