// Pointwise kernels: a function of numbers, applied to arrays, rows, columns and scalars. A thread does one quad of the
// output. It reads all of its operands before it writes, so y may be any of them.
//
// Limiter: memory. A kernel reads four bytes for every element of an array operand and writes four for every result.
// Rows, columns and scalars come out of the caches.
#pragma once

#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/divisor.cuh"
#include "kernels/cuda/toolbox/quad.cuh"

namespace sinter::kernels {

// The kinds of operand. load(i, count) gives the numbers that belong to elements i .. i + 3 of y, of which `count`
// exist.

/// x[i]
struct Elements {
    const float* x;

    __device__ __forceinline__ Quad load(Index i, Index count) const { return load4(x + i, count); }
};

/// row[i % columns]
struct RowElements {
    const float* row;
    Divisor columns;

    __device__ __forceinline__ Quad load(Index i, Index count) const {
        RowColumn place = place_of(i, columns);
        if (place.column + kQuad <= columns.divisor()) return load4(row + place.column);
        Quad quad;
#pragma unroll
        for (int j = 0; j < kQuad; ++j, advance(place, columns)) quad[j] = j < count ? row[place.column] : 0.0f;
        return quad;
    }
};

/// column[i / columns]
struct ColumnElements {
    const float* column;
    Divisor columns;

    __device__ __forceinline__ Quad load(Index i, Index count) const {
        RowColumn place = place_of(i, columns);
        Quad quad;
#pragma unroll
        for (int j = 0; j < kQuad; ++j, advance(place, columns)) quad[j] = j < count ? column[place.row] : 0.0f;
        return quad;
    }
};

/// scalar[0]
struct ScalarElement {
    const float* scalar;

    __device__ __forceinline__ Quad load(Index, Index) const {
        const float value = *scalar;
        return {{value, value, value, value}};
    }
};

template <class Function, class... Operands>
__global__ void __launch_bounds__(kBlock)
    pointwise_kernel(float* y, Index count, Function function, Operands... operands) {
    const Index i = kQuad * thread_of_grid();
    if (i >= count) return;
    const auto apply = [&](const auto&... quads) {
        Quad result;
#pragma unroll
        for (int j = 0; j < kQuad; ++j) result[j] = function(quads[j]...);
        return result;
    };
    store4(y + i, apply(operands.load(i, count - i)...), count - i);
}

/// y[i] = function(operands...) for every i below count.
template <class Function, class... Operands>
void pointwise(CudaQueue& queue, float* y, Index count, Function function, Operands... operands) {
    launch<pointwise_kernel<Function, Operands...>>(queue, blocks_for(parts(count, kQuad)), kBlock, 0, y, count,
                                                    function, operands...);
}

}  // namespace sinter::kernels
