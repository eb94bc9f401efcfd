// Pooling and nearest-neighbour upsampling on the device: a thread has a quad of channels of one pixel of the result.
// Upsampling is average pooling with the roles of forward and backward exchanged and without the division.
//
// Limiter: memory. An output pixel of kernel 2, stride 2 reads four pixels and writes one. Overlapping windows read
// their pixels from the nearest cache. The gradient of the maximum finds the maxima again, with kernel^2 more
// comparisons a window.
#include "kernels/pool.h"

#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/divisor.cuh"
#include "kernels/cuda/toolbox/quad.cuh"

namespace sinter::kernels {
namespace {

/// A quad of channels of a pixel.
struct PixelQuad {
    Index image, row, column, channel;
};

/// The pixels of some images, cut into quads of channels, one a thread.
struct PixelGrid {
    Index count;  ///< of quads
    Divisor quads, width, height;

    PixelGrid(Index batch, Index height_, Index width_, Index channels)
        : count(batch * height_ * width_ * parts(channels, kQuad)),
          quads(parts(channels, kQuad)),
          width(width_),
          height(height_) {}

    __device__ __forceinline__ bool has(Index thread) const { return thread < count; }
    __device__ __forceinline__ PixelQuad of(Index thread) const {
        const RowColumn pixel = place_of(thread, quads), row = place_of(pixel.row, width),
                        image = place_of(row.row, height);
        return {image.row, image.column, row.column, kQuad * pixel.column};
    }
};

/// Where a pixel of the input stands.
__device__ __forceinline__ Index input_at(const PoolGeometry& g, Index n, Index p, Index q) {
    return ((n * g.height + p) * g.width + q) * g.channels;
}

__device__ __forceinline__ Index output_at(const PoolGeometry& g, Index n, Index i, Index j) {
    return ((n * g.out_height + i) * g.out_width + j) * g.channels;
}

/// A run of rows or columns.
struct Range {
    Index begin, end;
};

/// The input rows (or columns) of the window of output row `i`.
__device__ __forceinline__ Range window_of(const PoolGeometry& g, Index i, Index size) {
    const Index begin = i * g.stride - g.pad;
    return {max(begin, Index{0}), min(begin + g.kernel, size)};
}

/// The output rows (or columns) whose windows hold input row `p`.
__device__ __forceinline__ Range holders_of(const PoolGeometry& g, Index p, Index size, const Divisor& stride) {
    const Index padded = p + g.pad;
    return {padded < g.kernel ? 0 : stride.quotient(padded - g.kernel) + 1, min(stride.quotient(padded) + 1, size)};
}

/// y = scale * the sum over each window of x
__global__ void __launch_bounds__(kBlock)
    sum_windows_kernel(float* y, const float* x, PoolGeometry g, float scale, PixelGrid outputs) {
    if (!outputs.has(thread_of_grid())) return;
    const PixelQuad at = outputs.of(thread_of_grid());
    const Index left = g.channels - at.channel;
    const Range rows = window_of(g, at.row, g.height), columns = window_of(g, at.column, g.width);
    Quad sum = {};
    for (Index p = rows.begin; p < rows.end; ++p) {
        for (Index q = columns.begin; q < columns.end; ++q) {
            const Quad quad = load4(x + input_at(g, at.image, p, q) + at.channel, left);
#pragma unroll
            for (int j = 0; j < kQuad; ++j) sum[j] += quad[j];
        }
    }
#pragma unroll
    for (int j = 0; j < kQuad; ++j) sum[j] *= scale;
    store4(y + output_at(g, at.image, at.row, at.column) + at.channel, sum, left);
}

/// dx = scale * the sum of dy over the windows that hold each pixel
__global__ void __launch_bounds__(kBlock)
    sum_holders_kernel(float* dx, const float* dy, PoolGeometry g, Divisor stride, float scale, PixelGrid inputs) {
    if (!inputs.has(thread_of_grid())) return;
    const PixelQuad at = inputs.of(thread_of_grid());
    const Index left = g.channels - at.channel;
    const Range rows = holders_of(g, at.row, g.out_height, stride);
    const Range columns = holders_of(g, at.column, g.out_width, stride);
    Quad sum = {};
    for (Index i = rows.begin; i < rows.end; ++i) {
        for (Index o = columns.begin; o < columns.end; ++o) {
            const Quad quad = load4(dy + output_at(g, at.image, i, o) + at.channel, left);
#pragma unroll
            for (int j = 0; j < kQuad; ++j) sum[j] += quad[j];
        }
    }
#pragma unroll
    for (int j = 0; j < kQuad; ++j) sum[j] *= scale;
    store4(dx + input_at(g, at.image, at.row, at.column) + at.channel, sum, left);
}

__global__ void __launch_bounds__(kBlock)
    max_pool_forward_kernel(float* y, const float* x, PoolGeometry g, PixelGrid outputs) {
    if (!outputs.has(thread_of_grid())) return;
    const PixelQuad at = outputs.of(thread_of_grid());
    const Index left = g.channels - at.channel;
    const Range rows = window_of(g, at.row, g.height), columns = window_of(g, at.column, g.width);
    Quad largest = load4(x + input_at(g, at.image, rows.begin, columns.begin) + at.channel, left);
    for (Index p = rows.begin; p < rows.end; ++p) {
        for (Index q = columns.begin; q < columns.end; ++q) {
            const Quad quad = load4(x + input_at(g, at.image, p, q) + at.channel, left);
#pragma unroll
            for (int j = 0; j < kQuad; ++j) {
                // Comparisons stand in place of fmax, so that NaN is taken and then stays.
                if (quad[j] > largest[j] || isnan(quad[j])) largest[j] = quad[j];
            }
        }
    }
    store4(y + output_at(g, at.image, at.row, at.column) + at.channel, largest, left);
}

__global__ void __launch_bounds__(kBlock) max_pool_backward_kernel(float* dx, const float* dy, const float* x,
                                                                   PoolGeometry g, Divisor stride, PixelGrid inputs) {
    if (!inputs.has(thread_of_grid())) return;
    const PixelQuad at = inputs.of(thread_of_grid());
    const Index left = g.channels - at.channel;
    const Index pixel = input_at(g, at.image, at.row, at.column) + at.channel;
    const Quad value = load4(x + pixel, left);
    const Range holder_rows = holders_of(g, at.row, g.out_height, stride);
    const Range holder_columns = holders_of(g, at.column, g.out_width, stride);
    Quad sum = {};
    for (Index i = holder_rows.begin; i < holder_rows.end; ++i) {
        for (Index o = holder_columns.begin; o < holder_columns.end; ++o) {
            // The pixel is the window's maximum if it is above the pixels before it and not below itself and those
            // after it. Beside NaN neither holds.
            bool largest[kQuad];
#pragma unroll
            for (int j = 0; j < kQuad; ++j) largest[j] = true;
            const Range rows = window_of(g, i, g.height), columns = window_of(g, o, g.width);
            for (Index p = rows.begin; p < rows.end; ++p) {
                for (Index q = columns.begin; q < columns.end; ++q) {
                    const Index other = input_at(g, at.image, p, q) + at.channel;
                    const Quad quad = load4(x + other, left);
#pragma unroll
                    for (int j = 0; j < kQuad; ++j) {
                        largest[j] = largest[j] && (other < pixel ? value[j] > quad[j] : value[j] >= quad[j]);
                    }
                }
            }
            const Quad gradient = load4(dy + output_at(g, at.image, i, o) + at.channel, left);
#pragma unroll
            for (int j = 0; j < kQuad; ++j) sum[j] += largest[j] ? gradient[j] : 0.0f;
        }
    }
    store4(dx + pixel, sum, left);
}

PixelGrid inputs_of(const PoolGeometry& g) { return {g.batch, g.height, g.width, g.channels}; }
PixelGrid outputs_of(const PoolGeometry& g) { return {g.batch, g.out_height, g.out_width, g.channels}; }

void sum_windows(CudaQueue& queue, Real* y, const Real* x, const PoolGeometry& g, float scale) {
    const PixelGrid outputs = outputs_of(g);
    launch<sum_windows_kernel>(queue, blocks_for(outputs.count), kBlock, 0, y, x, g, scale, outputs);
}

void sum_holders(CudaQueue& queue, Real* dx, const Real* dy, const PoolGeometry& g, float scale) {
    const PixelGrid inputs = inputs_of(g);
    launch<sum_holders_kernel>(queue, blocks_for(inputs.count), kBlock, 0, dx, dy, g, Divisor(g.stride), scale, inputs);
}

}  // namespace

void average_pool_forward(CudaQueue& queue, Real* y, const Real* x, const PoolGeometry& geometry) {
    sum_windows(queue, y, x, geometry, geometry.average_weight());
}

void average_pool_backward(CudaQueue& queue, Real* dx, const Real* dy, const PoolGeometry& geometry) {
    sum_holders(queue, dx, dy, geometry, geometry.average_weight());
}

void max_pool_forward(CudaQueue& queue, Real* y, const Real* x, const PoolGeometry& geometry) {
    const PixelGrid outputs = outputs_of(geometry);
    launch<max_pool_forward_kernel>(queue, blocks_for(outputs.count), kBlock, 0, y, x, geometry, outputs);
}

void max_pool_backward(CudaQueue& queue, Real* dx, const Real* dy, const Real* x, const PoolGeometry& geometry) {
    const PixelGrid inputs = inputs_of(geometry);
    launch<max_pool_backward_kernel>(queue, blocks_for(inputs.count), kBlock, 0, dx, dy, x, geometry,
                                     Divisor(geometry.stride), inputs);
}

void upsample_nearest_forward(CudaQueue& queue, Real* y, const Real* x, const ImageShape& shape, Index factor) {
    sum_holders(queue, y, x, upsampling_windows(shape, factor), 1);
}

void upsample_nearest_backward(CudaQueue& queue, Real* dx, const Real* dy, const ImageShape& shape, Index factor) {
    sum_windows(queue, dx, dy, upsampling_windows(shape, factor), 1);
}

}  // namespace sinter::kernels
