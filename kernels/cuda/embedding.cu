// Embedding on the device: rows picked from a table, and the table's gradient.
//
// Limiter: memory forward, 8 bytes an element. Backward, a warp has up to 128 columns of a table row and looks through
// all indices, 32 at a time, for its own. Nothing is scattered, and a row's gradients add up in their order. That reads
// the indices once for every entry, out of the caches. It is fine for the classes of a conditional model; a sort would
// be better for a vocabulary.
#include "kernels/embedding.h"

#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/divisor.cuh"
#include "kernels/cuda/toolbox/quad.cuh"

namespace sinter::kernels {
namespace {

__global__ void __launch_bounds__(kBlock)
    embedding_forward_kernel(float* y, const float* table, const std::int32_t* indices, MatrixShape shape,
                             Divisor quads) {
    const RowColumn place = place_of(thread_of_grid(), quads);
    if (place.row >= shape.rows) return;
    const Index column = kQuad * place.column, left = shape.columns - column;
    store4(y + place.row * shape.columns + column, load4(table + indices[place.row] * shape.columns + column, left),
           left);
}

/// The warps of an entry have `strips` strips of columns, a quad for each lane.
__global__ void __launch_bounds__(kBlock)
    embedding_backward_kernel(float* dtable, const float* dy, const std::int32_t* indices, MatrixShape shape,
                              Index entries, Divisor strips, bool accumulate) {
    const RowColumn place = place_of(thread_of_grid() / kWarp, strips);
    const Index entry = place.row;
    if (entry >= entries) return;
    const Index lane = threadIdx.x % kWarp, column = kQuad * (kWarp * place.column + lane);
    const Index left = shape.columns - column;
    Quad sum = accumulate ? load4(dtable + entry * shape.columns + column, left) : Quad{};
    for (Index first = 0; first < shape.rows; first += kWarp) {
        const Index row = first + lane;
        unsigned matches = __ballot_sync(kAllLanes, row < shape.rows && indices[row] == entry);
        for (; matches != 0; matches &= matches - 1) {
            const Index match = first + __ffs(static_cast<int>(matches)) - 1;
            const Quad quad = load4(dy + match * shape.columns + column, left);
#pragma unroll
            for (int j = 0; j < kQuad; ++j) sum[j] += quad[j];
        }
    }
    store4(dtable + entry * shape.columns + column, sum, left);
}

}  // namespace

void embedding_forward(CudaQueue& queue, Real* y, const Real* table, const std::int32_t* indices, MatrixShape shape) {
    const Index quads = parts(shape.columns, kQuad);
    launch<embedding_forward_kernel>(queue, blocks_for(shape.rows * quads), kBlock, 0, y, table, indices, shape,
                                     Divisor(quads));
}

void embedding_backward(CudaQueue& queue, Real* dtable, const Real* dy, const std::int32_t* indices, MatrixShape shape,
                        Index entries, bool accumulate) {
    const Index strips = parts(shape.columns, kWarp * kQuad);
    launch<embedding_backward_kernel>(queue, blocks_for(entries * strips * kWarp), kBlock, 0, dtable, dy, indices,
                                      shape, entries, Divisor(strips), accumulate);
}

}  // namespace sinter::kernels
