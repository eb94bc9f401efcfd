// Convolutions by minimal filtering: which of them gain by it, and the three kernels (see winograd.cpp).
#pragma once

#include <optional>

#include "kernels/gemm.h"
#include "kernels/geometry.h"
#include "kernels/runtime/queue.h"

namespace sinter::kernels {

/// How a convolution is cut into tiles of m x m outputs.
///
/// A convolution of stride s is the sum, over the s * s phases of the image (pixels whose coordinates are equal modulo
/// s), of convolutions of stride 1 with every s-th tap. All phases are padded to the same number of taps, and they
/// share the outputs' tiles. In the transformed domain they are therefore more channels, not more products.
struct WinogradPlan {
    ConvGeometry geometry;
    Index m = 0, r = 0, n = 0;  ///< outputs and taps a tile along one axis; products, m + r - 1
    Index tiles_y = 0, tiles_x = 0;
    Index depth = 0;  ///< input channels of all phases
    /// Rows of tiles that are worked on at a time, so that the transformed tiles stay in cache: those of whole images,
    /// or fewer than one image has where it is large. They cut the sum of the weight gradient, which therefore takes
    /// whole images.
    Index group_strips = 0;

    Index tiles() const { return tiles_y * tiles_x; }  ///< of one image
    Index positions() const { return n * n; }
};

/// The plan with tiles of m x m outputs, m 2 or 4, for a kernel of 2, 3 or 5 taps a phase and axis, ceil(kernel /
/// stride).
WinogradPlan winograd_tiles(const ConvGeometry& geometry, Index m);

/// The plan for a convolution that needs clearly fewer multiplications this way; nothing for others. It follows from
/// the shape alone. Gradients use the plan of their convolution.
std::optional<WinogradPlan> winograd_plan(const ConvGeometry& geometry);

/// The kernels of kernels/conv.h for a geometry that has a plan. Their rounding errors are in proportion to the largest
/// numbers of a tile and to the amplification of its transform (amplification.h; docs/decisions.md has a table), not to
/// the terms of the sum. A pixel that is not finite spoils its whole tile.
void winograd_forward(CpuQueue& queue, float* y, const float* x, const float* w, const WinogradPlan& plan,
                      const Epilogue<float>& epilogue);
void winograd_input_gradient(CpuQueue& queue, float* dx, const float* dy, const float* w, const WinogradPlan& plan,
                             const Epilogue<float>& epilogue);
void winograd_weight_gradient(CpuQueue& queue, float* dw, const float* x, const float* dy, const WinogradPlan& plan,
                              bool accumulate);

}  // namespace sinter::kernels
