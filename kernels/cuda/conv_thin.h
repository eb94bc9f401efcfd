// The gradients of convolutions of thin images, of one to three channels: the first layer of a discriminator, the last
// of a generator. As tiled products they would fill one to three of a tile's columns, or share a small tile too widely.
#pragma once

#include "kernels/conv.h"
#include "kernels/cuda/product/gemm_operands.cuh"

namespace sinter::kernels {

/// Whether the images of a convolution are thin.
constexpr bool has_thin_images(const ConvGeometry& geometry) { return geometry.in_channels <= 3; }

/// The most elements of a kernel, channels of the image included, that thin_input_gradient() holds.
inline constexpr Index kMaxThinTaps = 80;

/// conv_input_gradient of thin images in one launch, in the queue's precision.
void thin_input_gradient(CudaQueue& queue, Real* dx, const Real* dy, const Real* w, const ConvGeometry& geometry,
                         const Epilogue<Real>& epilogue);

/// dw [patches.depth, dy.sides] = (or += if accumulate) the patches' transpose times dy, for long sums with few
/// results. Two launches; exact float32 in every precision.
void thin_weight_gradient(CudaQueue& queue, Real* dw, const PatchGrid& patches, const Columns& dy, bool accumulate);

}  // namespace sinter::kernels
