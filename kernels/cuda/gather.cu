// Moving rows on the device: the batch from the bytes of the data set, flips and shifts, blocks of columns, the
// transpose. A thread has a quad of a row of the output, so that rows of any length start a quad of their own.
//
// Limiter: memory. gather_images reads a byte and writes four for each element; it reads whole rows, in the order of a
// permutation. The copies move eight bytes an element.
#include "kernels/gather.h"

#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/divisor.cuh"
#include "kernels/cuda/toolbox/random.cuh"

namespace sinter::kernels {
namespace {

/// The four bytes from `from` on. `count` of them exist, at least one; the others are zero.
__device__ __forceinline__ Quad load_bytes(const std::uint8_t* from, Index count) {
    if (count >= kQuad && is_aligned(from, sizeof(uchar4))) {
        const uchar4 all = *reinterpret_cast<const uchar4*>(from);
        return {{static_cast<float>(all.x), static_cast<float>(all.y), static_cast<float>(all.z),
                 static_cast<float>(all.w)}};
    }
    Quad quad;
#pragma unroll
    for (int j = 0; j < kQuad; ++j) quad[j] = j < count ? static_cast<float>(from[j]) : 0.0f;
    return quad;
}

__global__ void __launch_bounds__(kBlock)
    gather_images_kernel(float* y, const std::uint8_t* images, const std::int32_t* order, const std::int64_t* position,
                         MatrixShape batch, Divisor quads, float scale, float offset) {
    const RowColumn place = place_of(thread_of_grid(), quads);
    if (place.row >= batch.rows) return;
    const Index column = kQuad * place.column, left = batch.columns - column;
    Quad quad = load_bytes(images + order[*position + place.row] * batch.columns + column, left);
#pragma unroll
    for (int j = 0; j < kQuad; ++j) quad[j] = __fmaf_rn(scale, quad[j], offset);
    store4(y + place.row * batch.columns + column, quad, left);
}

__global__ void __launch_bounds__(kBlock)
    gather_labels_kernel(std::int32_t* y, const std::uint8_t* labels, const std::int32_t* order,
                         const std::int64_t* position, Index batch) {
    const Index b = thread_of_grid();
    if (b < batch) y[b] = labels[order[*position + b]];
}

/// A row of an image is `columns` = width * channels numbers.
__global__ void __launch_bounds__(kBlock)
    flip_horizontal_kernel(float* y, const float* x, Index rows, Index columns, Divisor quads, Divisor height,
                           Divisor channels, RandomAddress address) {
    const RowColumn place = place_of(thread_of_grid(), quads);
    if (place.row >= rows) return;
    const Index column = kQuad * place.column, left = columns - column;
    const bool mirrored = uniform(read_stream(address), height.quotient(place.row)) < 0.5f;
    const float* const row = x + place.row * columns;
    Quad quad;
    if (mirrored) {
        RowColumn pixel = place_of(column, channels);  // its column is the channel
#pragma unroll
        for (int j = 0; j < kQuad; ++j, advance(pixel, channels)) {
            const Index first_channel = columns - (pixel.row + 1) * channels.divisor();
            quad[j] = j < left ? row[first_channel + pixel.column] : 0.0f;
        }
    } else {
        quad = load4(row + column, left);
    }
    store4(y + place.row * columns + column, quad, left);
}

/// A row of an image is `columns` = width * channels numbers.
__global__ void __launch_bounds__(kBlock)
    shift_images_kernel(float* y, const float* x, Index rows, Index columns, Divisor quads, Divisor height,
                        Index channels, Index most, float outside, RandomAddress address) {
    const RowColumn place = place_of(thread_of_grid(), quads);
    if (place.row >= rows) return;
    const Index column = kQuad * place.column, left = columns - column;
    const Index image = height.quotient(place.row), row = height.remainder(place.row, image);
    const Shift shift = random_shift(read_stream(address), image, most);
    const Index from_row = row - shift.down, from_column = column - shift.right * channels;
    const bool is_inside = from_row >= 0 && from_row < height.divisor();
    const float* const from = x + (place.row - shift.down) * columns;
    Quad quad;
#pragma unroll
    for (int j = 0; j < kQuad; ++j) {
        const Index c = from_column + j;
        quad[j] = is_inside && j < left && c >= 0 && c < columns ? from[c] : outside;
    }
    store4(y + place.row * columns + column, quad, left);
}

__global__ void __launch_bounds__(kBlock)
    copy_block_kernel(float* to, const float* from, MatrixShape shape, Divisor quads, Index to_stride,
                      Index from_stride, bool accumulate) {
    const RowColumn place = place_of(thread_of_grid(), quads);
    if (place.row >= shape.rows) return;
    const Index column = kQuad * place.column, left = shape.columns - column;
    float* const target = to + place.row * to_stride + column;
    Quad quad = load4(from + place.row * from_stride + column, left);
    if (accumulate) {
        const Quad old = load4(target, left);
#pragma unroll
        for (int j = 0; j < kQuad; ++j) quad[j] += old[j];
    }
    store4(target, quad, left);
}

/// A block transposes a square tile through shared memory, so that both its reads and its writes are rows of a warp.
__global__ void __launch_bounds__(kBlock) transpose_kernel(float* y, const float* x, MatrixShape shape, Divisor tiles) {
    __shared__ float tile[kWarp][kWarp + 1];  // one column more, so that the words of a column lie in different banks
    const RowColumn place = place_of(blockIdx.x, tiles);
    const Index first_row = kWarp * place.row, first_column = kWarp * place.column;
    const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
    for (int r = warp; r < kWarp; r += kBlock / kWarp) {
        const Index row = first_row + r, column = first_column + lane;
        if (row < shape.rows && column < shape.columns) tile[r][lane] = x[row * shape.columns + column];
    }
    __syncthreads();
    for (int c = warp; c < kWarp; c += kBlock / kWarp) {
        const Index row = first_row + lane, column = first_column + c;
        if (row < shape.rows && column < shape.columns) y[column * shape.rows + row] = tile[lane][c];
    }
}

}  // namespace

void gather_images(CudaQueue& queue, Real* y, const std::uint8_t* images, const std::int32_t* order,
                   const std::int64_t* position, MatrixShape batch, double scale, double offset) {
    const Index quads = parts(batch.columns, kQuad);
    launch<gather_images_kernel>(queue, blocks_for(batch.rows * quads), kBlock, 0, y, images, order, position, batch,
                                 Divisor(quads), static_cast<float>(scale), static_cast<float>(offset));
}

void gather_labels(CudaQueue& queue, std::int32_t* y, const std::uint8_t* labels, const std::int32_t* order,
                   const std::int64_t* position, Index batch) {
    launch<gather_labels_kernel>(queue, blocks_for(batch), kBlock, 0, y, labels, order, position, batch);
}

void flip_horizontal(CudaQueue& queue, Real* y, const Real* x, const ImageShape& shape, const RandomAddress& address) {
    const Index rows = shape.batch * shape.height, columns = shape.width * shape.channels;
    const Index quads = parts(columns, kQuad);
    launch<flip_horizontal_kernel>(queue, blocks_for(rows * quads), kBlock, 0, y, x, rows, columns, Divisor(quads),
                                   Divisor(shape.height), Divisor(shape.channels), address);
}

void shift_images(CudaQueue& queue, Real* y, const Real* x, const ImageShape& shape, Index most, double outside,
                  const RandomAddress& address) {
    const Index rows = shape.batch * shape.height, columns = shape.width * shape.channels;
    const Index quads = parts(columns, kQuad);
    launch<shift_images_kernel>(queue, blocks_for(rows * quads), kBlock, 0, y, x, rows, columns, Divisor(quads),
                                Divisor(shape.height), shape.channels, most, static_cast<float>(outside), address);
}

void copy_block(CudaQueue& queue, Real* to, const Real* from, MatrixShape shape, Index to_stride, Index from_stride,
                bool accumulate) {
    const Index quads = parts(shape.columns, kQuad);
    launch<copy_block_kernel>(queue, blocks_for(shape.rows * quads), kBlock, 0, to, from, shape, Divisor(quads),
                              to_stride, from_stride, accumulate);
}

void transpose(CudaQueue& queue, Real* y, const Real* x, MatrixShape shape) {
    const Index tiles = parts(shape.columns, kWarp);
    launch<transpose_kernel>(queue, static_cast<unsigned>(parts(shape.rows, kWarp) * tiles), kBlock, 0, y, x, shape,
                             Divisor(tiles));
}

}  // namespace sinter::kernels
