// The windows of a pooling, from both sides: the pixels of a window, and the windows that hold a pixel.
// Included once per target, like simd-inl.h, since its loops call code that is compiled per target.

// Per-target include guard: toggled, so that each pass of foreach_target compiles this file once.
#if defined(SINTER_KERNELS_CPU_POOL_WINDOWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_POOL_WINDOWS_INL_H_
#undef SINTER_KERNELS_CPU_POOL_WINDOWS_INL_H_
#else
#define SINTER_KERNELS_CPU_POOL_WINDOWS_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"
#include "kernels/geometry.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {

/// Pixels [row_begin, row_end) x [column_begin, column_end) of an image, or of an output, where each stands for a
/// window.
struct PixelBlock {
    Index row_begin, row_end, column_begin, column_end;
};

/// The pixels inside the image that the window of output (i, j) holds.
HWY_ATTR HWY_INLINE PixelBlock window_of(const PoolGeometry& g, Index i, Index j) {
    const Index top = i * g.stride - g.pad, left = j * g.stride - g.pad;
    return {std::max<Index>(0, top), std::min(g.height, top + g.kernel), std::max<Index>(0, left),
            std::min(g.width, left + g.kernel)};
}

/// The outputs whose windows hold pixel (p, q): i stride - pad <= p < i stride - pad + kernel, and so for q.
HWY_ATTR HWY_INLINE PixelBlock holders_of(const PoolGeometry& g, Index p, Index q) {
    const Index row = p + g.pad, column = q + g.pad;
    const auto first = [&](Index at) { return at < g.kernel ? 0 : (at - g.kernel) / g.stride + 1; };
    return {first(row), std::min(g.out_height, row / g.stride + 1), first(column),
            std::min(g.out_width, column / g.stride + 1)};
}

/// Calls body(offset) for the pixels of a block in row-major order, where rows are `row_step` elements apart and
/// columns `column_step`.
template <class Body>
HWY_ATTR HWY_INLINE void for_block(const PixelBlock& block, Index row_step, Index column_step, const Body& body) {
    const Index first = block.row_begin * row_step + block.column_begin * column_step;
    const Index row_size = (block.column_end - block.column_begin) * column_step;
    const Index end = block.row_end * row_step;
    for (Index row = first; row < end; row += row_step) {
        for (Index at = row; at < row + row_size; at += column_step) body(at);
    }
}

/// Calls body(n, row, column) for the pixels of the rows [begin, end), counted through all images of height x width.
template <class Body>
HWY_ATTR HWY_INLINE void for_pixels(Index height, Index width, Index begin, Index end, const Body& body) {
    for (Index row = begin; row < end; ++row) {
        for (Index column = 0; column < width; ++column) body(row / height, row % height, column);
    }
}

/// Where the channels of pixel (p, q) of image n stand in x, and those of output (i, j) in y.
HWY_ATTR HWY_INLINE Index input_at(const PoolGeometry& g, Index n, Index p, Index q) {
    return ((n * g.height + p) * g.width + q) * g.channels;
}
HWY_ATTR HWY_INLINE Index output_at(const PoolGeometry& g, Index n, Index i, Index j) {
    return ((n * g.out_height + i) * g.out_width + j) * g.channels;
}

}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
