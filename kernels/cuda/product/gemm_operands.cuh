// What the tiled product multiplies and writes: matrices, images and weights of convolutions. All are seen as matrices
// whose elements are gathered while they are copied to shared memory. No patch matrix is ever written to global memory.
//
// A dense matrix is an image of one pixel per row. Three views therefore serve all: rows along the depth (Rows), rows
// along the side (Columns), and patches along the side (PatchColumns).
#pragma once

#include "kernels/cuda/product/gemm_tile.cuh"
#include "kernels/cuda/toolbox/async_copy.cuh"
#include "kernels/cuda/toolbox/divisor.cuh"

namespace sinter::kernels {

/// A coordinate that lies outside of every image, whatever is added to it.
inline constexpr int kOutside = -(1 << 28);

/// Where a patch begins: the place of its first tap, in elements from the operand's data, and that tap's pixel.
struct alignas(16) PatchOrigin {
    long long offset = 0;
    int y = kOutside, x = 0;
};

/// A place within a patch, relative to its origin.
struct PatchTap {
    long long offset = 0;
    int y = kOutside, x = 0;
};

/// Starts the copy of 4 or of 1 floats, or of zeros where `inside` is false; `from` must be readable only if it is
/// true.
template <int width>
__device__ __forceinline__ void copy_floats(float* shared, const float* from, bool inside) {
    if constexpr (width == 4) {
        copy_async16(shared, from, inside ? 16 : 0);
    } else {
        copy_async4(shared, from, inside ? 4 : 0);
    }
}

/// A sampling of images [batch, height, width, channels] by a grid of patches. Patch (n, i, j) begins at pixel (i step
/// + first_y, j step + first_x) of image n; its element (a, b, channel) is the pixel tap_step (a, b) further, zero
/// outside of the image.
///
/// The patches of a convolution step by its stride and its taps by +1. Seen from the input, the outputs that one input
/// pixel reached are a patch too: for the pixels of one phase (coordinates equal modulo the stride) patches step by 1
/// and taps by -1. The weight of a phase is a grid of one patch per input channel, whose taps lie far apart and are
/// never outside.
struct PatchGrid {
    const float* data = nullptr;
    long long image_stride = 0;  ///< from image to image, in elements
    int patches = 0, depth = 0;
    int height = 1, width = 1, channels = 0;
    int step = 1, first_y = 0, first_x = 0;
    int tap_step = 0;
    long long tap_stride_y = 0, tap_stride_x = 0;  ///< from tap to tap, in elements
    Divisor32 patches_of_image, patches_of_row, depth_of_tap, taps_of_row;
    bool in_fours = false;  ///< all copies may be of 16 bytes

    __device__ __forceinline__ PatchOrigin origin(int patch) const {
        if (patch >= patches) return {};
        const int n = patches_of_image.quotient(patch), within = patches_of_image.remainder(patch, n);
        const int i = patches_of_row.quotient(within), j = patches_of_row.remainder(within, i);
        const int y = i * step + first_y, x = j * step + first_x;
        return {n * image_stride + static_cast<long long>(y * width + x) * channels, y, x};
    }

    __device__ __forceinline__ PatchTap tap(int element) const {
        if (element >= depth) return {};
        const int tap = depth_of_tap.quotient(element), channel = depth_of_tap.remainder(element, tap);
        const int a = taps_of_row.quotient(tap), b = taps_of_row.remainder(tap, a);
        return {a * tap_stride_y + b * tap_stride_x + channel, a * tap_step, b * tap_step};
    }

    template <int width_of_copy>
    __device__ __forceinline__ void copy(float* shared, const PatchOrigin& origin, const PatchTap& tap) const {
        // There is no branch: a copy of nothing reads no address.
        const bool inside = (static_cast<unsigned>(origin.y + tap.y) < static_cast<unsigned>(height)) &
                            (static_cast<unsigned>(origin.x + tap.x) < static_cast<unsigned>(width));
        copy_floats<width_of_copy>(shared, data + tap.offset + origin.offset, inside);
    }
};

/// How a block of `threads` copies a tile of `lines` rows of `length` floats, with `width` floats a copy. A thread
/// keeps its place in the rows and goes from row to row.
template <int lines, int length, int threads, int width>
struct CopyPlan {
    static constexpr int kAcross = length / width, kLinesAtOnce = threads / kAcross;
    static constexpr int kLines = lines / kLinesAtOnce;
    static_assert(lines % kLinesAtOnce == 0, "all threads copy equally much");

    __device__ __forceinline__ static int within() { return static_cast<int>(threadIdx.x) % kAcross * width; }
    __device__ __forceinline__ static int line(int i) {
        return static_cast<int>(threadIdx.x) / kAcross + i * kLinesAtOnce;
    }
};

/// Starts the copies of patches that begin at origins[line(i)], all from their tap on, to shared(i).
template <class Plan, int width, class Shared>
__device__ __forceinline__ void copy_patches(const PatchGrid& grid, const PatchOrigin* origins, const PatchTap& tap,
                                             const Shared& shared) {
    // All origins of a few copies are read before the first copy, because a copy is an order to the compiler, too.
    // Copies of single floats stay a loop: unrolled, their addresses would take the registers of the product.
    constexpr int kAtOnce = !kCopiesPassRegisters ? 1 : Plan::kLines % 4 == 0 ? 4 : Plan::kLines % 2 == 0 ? 2 : 1;
#pragma unroll(kCopiesPassRegisters&& width == 4 ? Plan::kLines / kAtOnce : 1)
    for (int first = 0; first < Plan::kLines; first += kAtOnce) {
        PatchOrigin begin[kAtOnce];
#pragma unroll
        for (int i = 0; i < kAtOnce; ++i) begin[i] = origins[Plan::line(first + i)];
#pragma unroll
        for (int i = 0; i < kAtOnce; ++i) grid.copy<width>(shared(Plan::line(first + i)), begin[i], tap);
    }
}

/// Patches are the side, their elements the depth. Also a matrix stored [side, depth].
struct Rows {
    PatchGrid grid;

    template <int sides>
    using Layout = AlongDepth;
    /// Whether prepare() concerns a stage of the depth and is called before each. Otherwise it concerns the sides and
    /// is called once.
    static constexpr bool kPreparesStages = false;

    /// Notes where this block's patches begin; the block must meet before they are used.
    template <int sides, int threads>
    __device__ __forceinline__ void prepare(PatchOrigin* origins, int first_side) const {
        for (int side = static_cast<int>(threadIdx.x); side < sides; side += threads) {
            origins[side] = grid.origin(first_side + side);
        }
    }

    /// Starts the copies of the tile from (first_side, first_depth) on.
    template <int sides, int threads>
    __device__ __forceinline__ void load(float* tile, const PatchOrigin* origins, int, int first_depth) const {
        if (grid.in_fours) {
            load_as<sides, threads, 4>(tile, origins, first_depth);
        } else {
            load_as<sides, threads, 1>(tile, origins, first_depth);
        }
    }

private:
    template <int sides, int threads, int width>
    __device__ __forceinline__ void load_as(float* tile, const PatchOrigin* origins, int first_depth) const {
        using Plan = CopyPlan<sides, kDepth, threads, width>;
        const int depth = Plan::within();
        copy_patches<Plan, width>(grid, origins, grid.tap(first_depth + depth),
                                  [&](int side) { return tile + AlongDepth::place(side, depth); });
    }
};

/// A matrix stored [depth, side].
struct Columns {
    const float* data = nullptr;
    int depth = 0, sides = 0;
    bool in_fours = false;

    template <int sides>
    using Layout = AlongSide<sides>;
    static constexpr bool kPreparesStages = false;

    template <int sides_of_tile, int threads>
    __device__ __forceinline__ void prepare(PatchOrigin*, int) const {}

    template <int sides_of_tile, int threads>
    __device__ __forceinline__ void load(float* tile, const PatchOrigin*, int first_side, int first_depth) const {
        if (in_fours) {
            load_as<sides_of_tile, threads, 4>(tile, first_side, first_depth);
        } else {
            load_as<sides_of_tile, threads, 1>(tile, first_side, first_depth);
        }
    }

private:
    template <int sides_of_tile, int threads, int width>
    __device__ __forceinline__ void load_as(float* tile, int first_side, int first_depth) const {
        using Plan = CopyPlan<kDepth, sides_of_tile, threads, width>;
        const int side = Plan::within();
        const bool side_inside = first_side + side < sides;
        const float* from = data + static_cast<long long>(first_depth + Plan::line(0)) * sides + first_side + side;
        const long long step = static_cast<long long>(Plan::kLinesAtOnce) * sides;
#pragma unroll(width == 4 && kCopiesPassRegisters ? Plan::kLines : 2)
        for (int i = 0; i < Plan::kLines; ++i, from += step) {
            const int row = Plan::line(i);
            copy_floats<width>(tile + AlongSide<sides_of_tile>::place(side, row), from,
                               side_inside & (first_depth + row < depth));
        }
    }
};

/// Patches are the depth, their elements the side: for weight gradients, which sum over pixels.
struct PatchColumns {
    PatchGrid grid;

    template <int sides>
    using Layout = AlongSide<sides>;
    static constexpr bool kPreparesStages = true;

    /// Notes where the patches of a stage begin; the block must meet before they are used.
    template <int sides, int threads>
    __device__ __forceinline__ void prepare(PatchOrigin* origins, int first_depth) const {
        const int line = static_cast<int>(threadIdx.x);
        if (line < kDepth) origins[line] = grid.origin(first_depth + line);
    }

    template <int sides, int threads>
    __device__ __forceinline__ void load(float* tile, const PatchOrigin* origins, int first_side, int) const {
        if (grid.in_fours) {
            load_as<sides, threads, 4>(tile, origins, first_side);
        } else {
            load_as<sides, threads, 1>(tile, origins, first_side);
        }
    }

private:
    template <int sides, int threads, int width>
    __device__ __forceinline__ void load_as(float* tile, const PatchOrigin* origins, int first_side) const {
        using Plan = CopyPlan<kDepth, sides, threads, width>;
        const int side = Plan::within();
        copy_patches<Plan, width>(grid, origins, grid.tap(first_side + side),
                                  [&](int row) { return tile + AlongSide<sides>::place(side, row); });
    }
};

/// Where the rows of C go: the pixels of one phase of images [batch, height, width, channels], those with coordinates
/// equal to the phase's modulo the stride. A dense matrix has images of one pixel.
struct PixelRows {
    float* data = nullptr;
    long long image_stride = 0;
    int width = 1, channels = 0;
    int stride = 1, phase_y = 0, phase_x = 0;
    Divisor32 rows_of_image, rows_of_line;
    bool in_fours = false;

    __device__ __forceinline__ float* row(int number) const {
        const int n = rows_of_image.quotient(number), within = rows_of_image.remainder(number, n);
        const int i = rows_of_line.quotient(within), j = rows_of_line.remainder(within, i);
        const int pixel = (phase_y + i * stride) * width + phase_x + j * stride;
        return data + n * image_stride + static_cast<long long>(pixel) * channels;
    }
};

}  // namespace sinter::kernels
