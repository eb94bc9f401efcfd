// Pooling and nearest-neighbour upsampling of NHWC images. The gradients are gathered: every input pixel visits the
// windows that hold it, in a fixed order. Nothing is scattered, and the bits do not depend on threads.
#pragma once

#include "kernels/contract.h"
#include "kernels/geometry.h"

namespace sinter::kernels {

/// y[n, i, j, c] = sum over the window of x / kernel^2; pixels outside of the image count as zeros (PyTorch's
/// count_include_pad)
SINTER_KERNEL(average_pool_forward, Real* y, const Real* x, const PoolGeometry& geometry);

/// dx[n, p, q, c] = sum over the windows (i, j) that hold pixel (p, q) of dy[n, i, j, c] / kernel^2
SINTER_KERNEL(average_pool_backward, Real* dx, const Real* dy, const PoolGeometry& geometry);

/// y[n, i, j, c] = maximum over the window of x, NaN if it holds one; pixels outside of the image count as -infinity
SINTER_KERNEL(max_pool_forward, Real* y, const Real* x, const PoolGeometry& geometry);

/// dx[n, p, q, c] = sum over the windows (i, j) of which pixel (p, q) is the maximum of dy[n, i, j, c]. Of equal pixels
/// the first one in row-major order is the maximum; a window that holds NaN has none. The maxima are found again from
/// x.
SINTER_KERNEL(max_pool_backward, Real* dx, const Real* dy, const Real* x, const PoolGeometry& geometry);

/// y[n, p, q, c] = x[n, p / factor, q / factor, c]: x of `shape`, y [batch, factor height, factor width, channels]
SINTER_KERNEL(upsample_nearest_forward, Real* y, const Real* x, const ImageShape& shape, Index factor);

/// dx[n, p, q, c] = sum over the factor^2 pixels of dy that show pixel (p, q); dx of `shape`
SINTER_KERNEL(upsample_nearest_backward, Real* dx, const Real* dy, const ImageShape& shape, Index factor);

}  // namespace sinter::kernels
