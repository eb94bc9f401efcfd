// Scalar products of all pairs of vectors on the device, in double.
//
// A block computes a tile of 64 x 64 sums, a thread 4 x 4 of them, from slices of 16 elements of the depth that it
// copies to shared memory as doubles. Limiter: the double units, half of the float ones on data centre devices and a
// sixty-fourth on others, where the host's own would be as fast.
#include "kernels/dot_products.h"

#include "kernels/cuda/runtime/launch.cuh"

namespace sinter::kernels {
namespace {

constexpr int kPairTile = 64;     // sums a side
constexpr int kPairSlice = 16;    // elements of the depth at a time
constexpr int kPairThreads = 16;  // a side
constexpr int kPairSums = kPairTile / kPairThreads;

/// slice[d][i] = vectors[(first + i) * depth + first_depth + d], zero outside.
__device__ __forceinline__ void load_slice(double (*slice)[kPairTile + 1], const float* vectors, Index first,
                                           Index count, Index first_depth, Index depth) {
    const int thread = static_cast<int>(threadIdx.y * kPairThreads + threadIdx.x);
    for (int e = thread; e < kPairTile * kPairSlice; e += kPairThreads * kPairThreads) {
        const int i = e / kPairSlice, d = e % kPairSlice;
        const bool inside = first + i < count && first_depth + d < depth;
        slice[d][i] = inside ? static_cast<double>(vectors[(first + i) * depth + first_depth + d]) : 0.0;
    }
}

__global__ void __launch_bounds__(kPairThreads* kPairThreads)
    dot_products_kernel(double* products, const float* a, const float* b, PairShape shape) {
    __shared__ double slice_a[kPairSlice][kPairTile + 1], slice_b[kPairSlice][kPairTile + 1];
    const Index row = Index{blockIdx.x} * kPairTile, column = Index{blockIdx.y} * kPairTile;
    double sums[kPairSums][kPairSums] = {};
    for (Index first = 0; first < shape.depth; first += kPairSlice) {
        load_slice(slice_a, a, row, shape.rows, first, shape.depth);
        load_slice(slice_b, b, column, shape.columns, first, shape.depth);
        __syncthreads();
        for (int d = 0; d < kPairSlice; ++d) {
#pragma unroll
            for (int i = 0; i < kPairSums; ++i) {
#pragma unroll
                for (int j = 0; j < kPairSums; ++j)
                    sums[i][j] +=
                        slice_a[d][threadIdx.y + i * kPairThreads] * slice_b[d][threadIdx.x + j * kPairThreads];
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < kPairSums; ++i) {
        const Index at_row = row + threadIdx.y + i * kPairThreads;
#pragma unroll
        for (int j = 0; j < kPairSums; ++j) {
            const Index at_column = column + threadIdx.x + j * kPairThreads;
            if (at_row < shape.rows && at_column < shape.columns)
                products[at_row * shape.columns + at_column] = sums[i][j];
        }
    }
}

}  // namespace

void dot_products(CudaQueue& queue, double* products, const Real* a, const Real* b, const PairShape& shape) {
    const auto tiles = [](Index count) { return static_cast<unsigned>((count + kPairTile - 1) / kPairTile); };
    launch<dot_products_kernel>(queue, dim3(tiles(shape.rows), tiles(shape.columns)), dim3(kPairThreads, kPairThreads),
                                0, products, a, b, shape);
}

}  // namespace sinter::kernels
