// Pooling and nearest-neighbour upsampling of images on the tape.
#pragma once

#include "core/tensor.h"

namespace sinter {

/// A square window that slides over an image, by PyTorch's names.
struct PoolOptions {
    Index kernel = 2;
    Index stride = 0;   ///< 0: as wide as the kernel
    Index padding = 0;  ///< on every side, at most half of the kernel
};

/// The mean of every window: x [batch, height, width, channels] to [batch, out_height, out_width, channels] with
/// out_size = (size + 2 padding - kernel) / stride + 1, rounded down. Padding counts as zeros (PyTorch's
/// count_include_pad). Has derivatives of every order.
Tensor average_pool2d(const Tensor& x, const PoolOptions& options = {});

/// The maximum of every window, of equal sizes; padding never is one. Of equal pixels the first takes the gradient. A
/// window that holds NaN is NaN. First derivatives only.
Tensor max_pool2d(const Tensor& x, const PoolOptions& options = {});

/// The mean over all pixels: x [batch, height, width, channels] to [batch, channels]. Has derivatives of every order.
Tensor global_average_pool2d(const Tensor& x);

/// Every pixel as a square of factor x factor: x [batch, height, width, channels] to [batch, factor height, factor
/// width, channels]. Has derivatives of every order.
Tensor upsample_nearest2d(const Tensor& x, Index factor);

}  // namespace sinter
