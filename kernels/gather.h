// Moving rows: a batch gathered from a data set of bytes, its images flipped and shifted at random, and blocks of
// columns copied between matrices.
#pragma once

#include "kernels/contract.h"
#include "kernels/geometry.h"
#include "kernels/random.h"

namespace sinter::kernels {

/// y[b, :] = scale * images[order[position[0] + b], :] + offset     [batch, image_size]
/// images are bytes [*, image_size]; order is a permutation; position is in device memory.
SINTER_KERNEL(gather_images, Real* y, const std::uint8_t* images, const std::int32_t* order,
              const std::int64_t* position, MatrixShape batch, double scale, double offset);

/// y[b] = labels[order[position[0] + b]]
SINTER_KERNEL(gather_labels, std::int32_t* y, const std::uint8_t* labels, const std::int32_t* order,
              const std::int64_t* position, Index batch);

/// y = x, with image n mirrored left to right where element n of the uniform draw at `address` is below 1/2
SINTER_KERNEL(flip_horizontal, Real* y, const Real* x, const ImageShape& shape, const RandomAddress& address);

/// y[n, r, q, :] = x[n, r - down, q - right, :], or `outside` where the image has no such pixel. Image n is moved by
/// whole numbers of pixels in [-most, most], from block n of the draw at `address`: random_shift() of kernels/philox.h.
SINTER_KERNEL(shift_images, Real* y, const Real* x, const ImageShape& shape, Index most, double outside,
              const RandomAddress& address);

/// Copies a block of shape.rows x shape.columns: to[r * to_stride + c] = (or += if accumulate) from[r * from_stride +
/// c]. Concatenation, slicing and their gradients are calls of this. The strides count elements.
SINTER_KERNEL(copy_block, Real* to, const Real* from, MatrixShape shape, Index to_stride, Index from_stride,
              bool accumulate);

/// y [columns, rows] = transpose of x [rows, columns]
SINTER_KERNEL(transpose, Real* y, const Real* x, MatrixShape shape);

}  // namespace sinter::kernels
