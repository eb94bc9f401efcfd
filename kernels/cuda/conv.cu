// Convolution and its gradients: three views of the tiled product. The gradients of thin images go another way
// (conv_thin.h).
//
//   forward          y [pixels, out]              = patches of x [pixels, taps in]    times  w [taps in, out]
//   input gradient   dx of one phase [pixels, in] = patches of dy [pixels, taps out]  times  its w [taps out, in]
//   weight gradient  dw [taps in, out]            = patches of x [pixels, taps in]^T  times  dy [pixels, out]
//
// A stride s makes s * s phases of the input, each with its own taps: no zero is multiplied and nothing is scattered.
// One launch does up to four of them.
#include "kernels/conv.h"

#include <algorithm>

#include "kernels/cuda/conv_thin.h"
#include "kernels/cuda/product/gemm_product.h"
#include "kernels/vendor/engine.h"

namespace sinter::kernels {
namespace {

PatchGrid patches_of_input(const float* x, const ConvGeometry& g) {
    PatchGrid grid;
    grid.data = x;
    grid.image_stride = g.height * g.width * g.in_channels;
    grid.patches = small_size(g.batch * g.out_height * g.out_width);
    grid.depth = small_size(g.taps() * g.in_channels);
    grid.height = small_size(g.height);
    grid.width = small_size(g.width);
    grid.channels = small_size(g.in_channels);
    grid.step = small_size(g.stride);
    grid.first_y = -small_size(g.pad_top);
    grid.first_x = -small_size(g.pad_left);
    grid.tap_step = 1;
    grid.tap_stride_y = g.width * g.in_channels;
    grid.tap_stride_x = g.in_channels;
    grid.patches_of_image = Divisor32(small_size(g.out_height * g.out_width));
    grid.patches_of_row = Divisor32(small_size(g.out_width));
    grid.depth_of_tap = Divisor32(grid.channels);
    grid.taps_of_row = Divisor32(small_size(g.kernel_width));
    grid.in_fours = copies_in_fours(x, g.in_channels);
    return grid;
}

/// The taps of a kernel that reach one phase along one axis: coordinates p with p = phase (mod stride).
struct PhaseTaps {
    Index first = 0;  ///< the smallest such tap; the others follow every `stride`
    Index count = 0;
    Index output = 0;  ///< the output that the first tap takes to the phase's first coordinate
    Index size = 0;    ///< coordinates of the phase

    PhaseTaps(Index phase, Index pad, Index kernel, Index stride, Index image_size) {
        first = (phase + pad) % stride;
        count = first < kernel ? (kernel - first + stride - 1) / stride : 0;
        output = (phase + pad - first) / stride;
        size = (image_size - phase + stride - 1) / stride;
    }
};

/// For every input pixel of a phase, the outputs that it reached.
PatchGrid patches_of_output(const float* dy, const ConvGeometry& g, const PhaseTaps& y, const PhaseTaps& x) {
    PatchGrid grid;
    grid.data = dy;
    grid.image_stride = g.out_height * g.out_width * g.out_channels;
    grid.patches = small_size(g.batch * y.size * x.size);
    grid.depth = small_size(y.count * x.count * g.out_channels);
    grid.height = small_size(g.out_height);
    grid.width = small_size(g.out_width);
    grid.channels = small_size(g.out_channels);
    grid.first_y = small_size(y.output);
    grid.first_x = small_size(x.output);
    grid.tap_step = -1;
    grid.tap_stride_y = -g.out_width * g.out_channels;
    grid.tap_stride_x = -g.out_channels;
    grid.patches_of_image = Divisor32(small_size(y.size * x.size));
    grid.patches_of_row = Divisor32(small_size(x.size));
    grid.depth_of_tap = Divisor32(grid.channels);
    grid.taps_of_row = Divisor32(small_size(x.count));
    grid.in_fours = copies_in_fours(dy, g.out_channels);
    return grid;
}

/// One patch for each input channel: its weights to all outputs, of the taps that reach the phase.
PatchGrid weights_of_phase(const float* w, const ConvGeometry& g, const PhaseTaps& y, const PhaseTaps& x) {
    const Index tap = g.in_channels * g.out_channels;
    PatchGrid grid;
    grid.data = w + (y.first * g.kernel_width + x.first) * tap;
    grid.image_stride = g.out_channels;
    grid.patches = small_size(g.in_channels);
    grid.depth = small_size(y.count * x.count * g.out_channels);
    grid.channels = small_size(g.out_channels);
    grid.tap_stride_y = g.stride * g.kernel_width * tap;
    grid.tap_stride_x = g.stride * tap;
    grid.patches_of_image = grid.patches_of_row = Divisor32(1);
    grid.depth_of_tap = Divisor32(grid.channels);
    grid.taps_of_row = Divisor32(small_size(x.count));
    grid.in_fours = copies_in_fours(grid.data, g.out_channels);
    return grid;
}

PixelRows pixels_of_phase(float* dx, const ConvGeometry& g, Index phase_y, Index phase_x, const PhaseTaps& y,
                          const PhaseTaps& x) {
    PixelRows rows;
    rows.data = dx;
    rows.image_stride = g.height * g.width * g.in_channels;
    rows.width = small_size(g.width);
    rows.channels = small_size(g.in_channels);
    rows.stride = small_size(g.stride);
    rows.phase_y = static_cast<int>(phase_y);
    rows.phase_x = static_cast<int>(phase_x);
    rows.rows_of_image = Divisor32(small_size(y.size * x.size));
    rows.rows_of_line = Divisor32(small_size(x.size));
    rows.in_fours = copies_in_fours(dx, g.in_channels);
    return rows;
}

}  // namespace

void conv_forward(CudaQueue& queue, Real* y, const Real* x, const Real* w, const ConvGeometry& g,
                  const Epilogue<Real>& epilogue) {
    if (done_by_vendor<&VendorKernels::conv_forward>(queue, y, x, w, g, epilogue)) return;
    const PatchGrid patches = patches_of_input(x, g);
    tiled_product(queue, Rows{patches}, dense_columns(w, patches.depth, g.out_channels),
                  dense_result(y, g.out_channels), {patches.patches, g.out_channels, patches.depth}, epilogue);
}

void conv_input_gradient(CudaQueue& queue, Real* dx, const Real* dy, const Real* w, const ConvGeometry& g,
                         const Epilogue<Real>& epilogue) {
    if (done_by_vendor<&VendorKernels::conv_input_gradient>(queue, dx, dy, w, g, epilogue)) return;
    const bool whole_image = g.out_height == 1 && g.out_width == 1 && g.kernel_height == g.height &&
                             g.kernel_width == g.width && g.pad_top == 0 && g.pad_left == 0;
    if (whole_image && !epilogue.bias) {
        // Every pixel meets one tap only: a plain product, as in the first layer of a generator.
        const GemmShape shape{g.batch, g.taps() * g.in_channels, g.out_channels, false, true};
        return gemm(queue, dx, dy, w, shape, epilogue);
    }
    if (has_thin_images(g) && g.taps() * g.in_channels <= kMaxThinTaps) {
        return thin_input_gradient(queue, dx, dy, w, g, epilogue);
    }
    ProductGroup<Rows, Rows> group;
    for (Index phase_y = 0; phase_y < std::min(g.stride, g.height); ++phase_y) {
        for (Index phase_x = 0; phase_x < std::min(g.stride, g.width); ++phase_x) {
            const PhaseTaps vertical(phase_y, g.pad_top, g.kernel_height, g.stride, g.height);
            const PhaseTaps horizontal(phase_x, g.pad_left, g.kernel_width, g.stride, g.width);
            const Rows patches{patches_of_output(dy, g, vertical, horizontal)};
            const Rows weights{weights_of_phase(w, g, vertical, horizontal)};
            group.products[group.count++] = {patches,
                                             weights,
                                             pixels_of_phase(dx, g, phase_y, phase_x, vertical, horizontal),
                                             patches.grid.patches,
                                             weights.grid.patches,
                                             patches.grid.depth};
            if (group.count < kMaxProducts<Rows, Rows>) continue;
            tiled_products(queue, group, epilogue);
            group.count = 0;
        }
    }
    if (group.count > 0) tiled_products(queue, group, epilogue);
}

void conv_weight_gradient(CudaQueue& queue, Real* dw, const Real* x, const Real* dy, const ConvGeometry& g,
                          bool accumulate) {
    if (done_by_vendor<&VendorKernels::conv_weight_gradient>(queue, dw, x, dy, g, accumulate)) return;
    const PatchGrid patches = patches_of_input(x, g);
    const Columns outputs = dense_columns(dy, patches.patches, g.out_channels);
    if (has_thin_images(g)) return thin_weight_gradient(queue, dw, patches, outputs, accumulate);
    Epilogue<float> epilogue;
    epilogue.accumulate = accumulate;
    tiled_product(queue, PatchColumns{patches}, outputs, dense_result(dw, g.out_channels),
                  {patches.depth, g.out_channels, patches.patches}, epilogue);
}

}  // namespace sinter::kernels
