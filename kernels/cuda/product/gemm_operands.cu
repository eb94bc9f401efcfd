// Dense matrices as operands and results of the tiled product, and the questions that concern all operands.
#include <stdexcept>
#include <string>

#include "kernels/cuda/product/gemm_product.h"

namespace sinter::kernels {

int small_size(Index size) {
    constexpr Index kMaxSize = Index{1} << 27;
    if (size > kMaxSize) {
        throw std::length_error("[cuda] a matrix product has a side of " + std::to_string(size) +
                                ": expected at most " + std::to_string(kMaxSize) + "; split the batch");
    }
    return static_cast<int>(size);
}

bool copies_in_fours(const void* data, Index row) {
    return reinterpret_cast<std::uintptr_t>(data) % 16 == 0 && row % 4 == 0;
}

Rows dense_rows(const float* data, Index rows, Index depth) {
    PatchGrid grid;
    grid.data = data;
    grid.image_stride = depth;
    grid.patches = small_size(rows);
    grid.depth = grid.channels = small_size(depth);
    grid.patches_of_image = grid.patches_of_row = grid.taps_of_row = Divisor32(1);
    grid.depth_of_tap = Divisor32(grid.channels);
    grid.in_fours = copies_in_fours(data, depth);
    return {grid};
}

Columns dense_columns(const float* data, Index depth, Index sides) {
    return {data, small_size(depth), small_size(sides), copies_in_fours(data, sides)};
}

PixelRows dense_result(float* data, Index columns) {
    PixelRows rows;
    rows.data = data;
    rows.image_stride = columns;
    rows.channels = small_size(columns);
    rows.rows_of_image = rows.rows_of_line = Divisor32(1);
    rows.in_fours = copies_in_fours(data, columns);
    return rows;
}

}  // namespace sinter::kernels
