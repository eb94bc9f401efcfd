// Convolutions as operands of the blocked matrix product: panels gathered from images and from weights while they are
// packed, so that no patch matrix is ever written to memory. Included once per target, after gemm-inl.h.

#if defined(SINTER_KERNELS_CPU_PRODUCT_CONV_OPERANDS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_PRODUCT_CONV_OPERANDS_INL_H_
#undef SINTER_KERNELS_CPU_PRODUCT_CONV_OPERANDS_INL_H_
#else
#define SINTER_KERNELS_CPU_PRODUCT_CONV_OPERANDS_INL_H_
#endif

#include <algorithm>
#include <cstring>

#include "kernels/cpu/product/gemm-inl.h"
#include "kernels/geometry.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// A sampling of an image by a grid of patches. Row (n, i, j) of the operand is one patch; tap (a, b) of it is the
/// pixel (i step + first_y + a tap_step, j step + first_x + b tap_step) of image n, zero outside; depth runs over (a,
/// b, channel).
///
/// The patches of a convolution step by its stride and its taps by +1. Seen from the input, the outputs that one input
/// pixel reached are a patch too: for the pixels of one phase (coordinates equal modulo the stride) patches step by 1
/// and taps by -1.
struct PatchGrid {
    const float* image;  ///< [batch, height, width, channels]
    Index height, width, channels;
    Index rows, columns;  ///< patches of one image
    Index step;
    Index first_y, first_x;
    Index taps_y, taps_x;
    Index tap_step;

    Index depth() const { return taps_y * taps_x * channels; }
    const float* pixel(Index n, Index y, Index x) const { return image + ((n * height + y) * width + x) * channels; }
};

/// Walks over the patches of a grid in row-major order.
struct PatchPosition {
    Index n = 0, i = 0, j = 0;

    PatchPosition() = default;
    PatchPosition(const PatchGrid& grid, Index patch)
        : n(patch / (grid.rows * grid.columns)), i(patch / grid.columns % grid.rows), j(patch % grid.columns) {}
    void advance(const PatchGrid& grid) {
        if (++j < grid.columns) return;
        j = 0;
        if (++i < grid.rows) return;
        i = 0;
        ++n;
    }
};

// The longest run of zeros that pixels outside of an image point at. Longer runs of channels are cut to it.
inline constexpr Index kMaxRun = 2048;
alignas(128) inline constexpr float kZeros[kMaxRun] = {};

/// Patches as the rows of op(A).
struct PatchRows {
    PatchGrid grid;

    HWY_ATTR void pack(float* panel, Index width, Index first, Index count, Index first_depth, Index depth) const {
        PatchPosition at[kTileRows];
        at[0] = PatchPosition(grid, first);
        for (Index r = 1; r < count; ++r) {
            at[r] = at[r - 1];
            at[r].advance(grid);
        }
        if (grid.channels * grid.taps_x <= kShortRun && grid.tap_step == 1)
            pack_short(panel, width, at, count, first_depth, depth);
        else
            pack_channels(panel, width, at, count, first_depth, depth);
    }

private:
    static constexpr Index kShortRun = 32;

    /// A run is the channels of one tap.
    HWY_ATTR void pack_channels(float* panel, Index width, const PatchPosition* at, Index count, Index first_depth,
                                Index depth) const {
        const float* runs[kTileRows];
        for (Index d = first_depth; d < first_depth + depth;) {
            const Index tap = d / grid.channels, channel = d % grid.channels;
            const Index run = std::min({grid.channels - channel, first_depth + depth - d, kMaxRun});
            const Index dy = grid.first_y + tap / grid.taps_x * grid.tap_step;
            const Index dx = grid.first_x + tap % grid.taps_x * grid.tap_step;
            for (Index r = 0; r < count; ++r) {
                const Index y = at[r].i * grid.step + dy, x = at[r].j * grid.step + dx;
                const bool inside = y >= 0 && y < grid.height && x >= 0 && x < grid.width;
                runs[r] = inside ? grid.pixel(at[r].n, y, x) + channel : kZeros;
            }
            interleave_rows(panel + (d - first_depth) * width, width, runs, count, run);
            d += run;
        }
    }

    /// Few channels: a run is a row of taps, whose pixels lie side by side, copied where it crosses the border.
    HWY_ATTR void pack_short(float* panel, Index width, const PatchPosition* at, Index count, Index first_depth,
                             Index depth) const {
        const Index row_depth = grid.taps_x * grid.channels;
        float copies[kTileRows][kShortRun];
        const float* runs[kTileRows];
        for (Index d = first_depth; d < first_depth + depth;) {
            const Index a = d / row_depth, skip = d % row_depth;
            const Index run = std::min(row_depth - skip, first_depth + depth - d);
            for (Index r = 0; r < count; ++r) {
                const Index y = at[r].i * grid.step + grid.first_y + a, x = at[r].j * grid.step + grid.first_x;
                const bool row_inside = y >= 0 && y < grid.height;
                if (row_inside && x >= 0 && x + grid.taps_x <= grid.width) {
                    runs[r] = grid.pixel(at[r].n, y, x) + skip;
                    continue;
                }
                std::fill(copies[r], copies[r] + row_depth, 0.0f);
                const Index begin = std::max<Index>(x, 0), end = std::min(x + grid.taps_x, grid.width);
                if (row_inside && begin < end) {
                    std::copy_n(grid.pixel(at[r].n, y, begin), (end - begin) * grid.channels,
                                copies[r] + (begin - x) * grid.channels);
                }
                runs[r] = copies[r] + skip;
            }
            interleave_rows(panel + (d - first_depth) * width, width, runs, count, run);
            d += run;
        }
    }
};

/// Patches as the depth of op(B), their elements as its columns: for weight gradients, which sum over patches.
struct PatchColumns {
    PatchGrid grid;

    HWY_ATTR void pack(float* panel, Index width, Index first, Index count, Index first_depth, Index depth) const {
        if (count < width) std::fill(panel, panel + width * depth, 0.0f);
        for (Index column = first; column < first + count;) {
            const Index tap = column / grid.channels, channel = column % grid.channels;
            const Index run = std::min(grid.channels - channel, first + count - column);
            copy_tap(panel + (column - first), width, tap, channel, run, first_depth, depth);
            column += run;
        }
    }

private:
    /// Channels [channel, channel + run) of one tap of patches [first, first + count), one patch every `width`
    /// elements.
    HWY_ATTR void copy_tap(float* to, Index width, Index tap, Index channel, Index run, Index first,
                           Index count) const {
        const Index dy = grid.first_y + tap / grid.taps_x * grid.tap_step;
        const Index dx = grid.first_x + tap % grid.taps_x * grid.tap_step;
        PatchPosition at(grid, first);
        for (Index left = count; left > 0;) {
            // The patches of one grid row, in three stretches: left of the image, inside, right of it.
            const Index patches = std::min(left, grid.columns - at.j);
            const Index y = at.i * grid.step + dy;
            Index begin = patches, end = patches;
            if (y >= 0 && y < grid.height) {
                const Index x = at.j * grid.step + dx;
                begin = x >= 0 ? 0 : std::min(patches, (-x + grid.step - 1) / grid.step);
                end = x >= grid.width ? begin : std::clamp((grid.width - 1 - x) / grid.step + 1, begin, patches);
            }
            for (Index p = 0; p < begin; ++p) std::fill_n(to + p * width, run, 0.0f);
            if (begin < end) {
                const float* from = grid.pixel(at.n, y, (at.j + begin) * grid.step + dx) + channel;
                copy_rows(to + begin * width, width, from, grid.step * grid.channels, run, end - begin);
            }
            for (Index p = end; p < patches; ++p) std::fill_n(to + p * width, run, 0.0f);
            to += patches * width;
            left -= patches;
            at.j += patches - 1;
            at.advance(grid);
        }
    }
};

/// The weight of one phase as op(B) of an input gradient: column c, depth (a, b, output channel), where taps (a, b) of
/// the phase are taps (first_a + a stride, first_b + b stride) of the kernel.
struct PhaseWeight {
    const float* weight;  ///< [kernel_height, kernel_width, in_channels, out_channels]
    Index kernel_width, in_channels, out_channels;
    Index first_a, first_b, stride;
    Index taps_x;

    HWY_ATTR void pack(float* panel, Index width, Index first, Index count, Index first_depth, Index depth) const {
        if (count < width) std::fill(panel, panel + width * depth, 0.0f);
        const float* columns[kTileVectors * HWY_MAX_BYTES / sizeof(float)];
        for (Index d = first_depth; d < first_depth + depth;) {
            const Index tap = d / out_channels, channel = d % out_channels;
            const Index run = std::min(out_channels - channel, first_depth + depth - d);
            const Index a = first_a + tap / taps_x * stride, b = first_b + tap % taps_x * stride;
            const float* matrix = weight + (a * kernel_width + b) * in_channels * out_channels;
            for (Index c = 0; c < count; ++c) columns[c] = matrix + (first + c) * out_channels + channel;
            interleave_rows(panel + (d - first_depth) * width, width, columns, count, run);
            d += run;
        }
    }
};

/// The pixels of one phase as the rows of C.
struct PhaseOutput {
    float* image;  ///< [batch, height, width, channels]
    Index height, width, channels;
    Index rows_of_phase, columns_of_phase;
    Index stride, phase_y, phase_x;

    void rows(Index first, Index count, float** to) const {
        Index n = first / (rows_of_phase * columns_of_phase), i = first / columns_of_phase % rows_of_phase;
        Index j = first % columns_of_phase;
        for (Index r = 0; r < count; ++r) {
            to[r] = image + ((n * height + phase_y + i * stride) * width + phase_x + j * stride) * channels;
            if (++j < columns_of_phase) continue;
            j = 0;
            if (++i < rows_of_phase) continue;
            i = 0;
            ++n;
        }
    }
};

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
