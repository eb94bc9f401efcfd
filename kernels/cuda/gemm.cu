// The matrix product of dense layers: its operands as the tiled product wants them.
#include "kernels/gemm.h"

#include <stdexcept>
#include <string>

#include "kernels/cuda/gemm_product.h"
#include "kernels/reduce.h"
#include "kernels/vendor/engine.h"

namespace sinter::kernels {

int small_size(Index size) {
    constexpr Index kLargest = Index{1} << 27;
    if (size > kLargest) {
        throw std::length_error("[cuda] a matrix product has a side of " + std::to_string(size) +
                                ": expected at most " + std::to_string(kLargest) + "; split the batch");
    }
    return static_cast<int>(size);
}

bool copies_in_fours(const void* data, Index row) {
    return reinterpret_cast<std::uintptr_t>(data) % 16 == 0 && row % 4 == 0;
}

PatchRows dense_rows(const float* data, Index rows, Index depth) {
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

void gemm(CudaQueue& queue, Real* c, const Real* a, const Real* b, const GemmShape& shape,
          const Epilogue<Real>& epilogue) {
    if (done_by_vendor<&VendorKernels::gemm>(queue, c, a, b, shape, epilogue)) return;
    const auto [m, n, k, transpose_a, transpose_b] = shape;
    const auto with_b = [&](const auto& left) {
        const PixelRows result = dense_result(c, n);
        if (transpose_b) return tiled_product(queue, left, dense_rows(b, n, k), result, shape, epilogue);
        return tiled_product(queue, left, dense_columns(b, k, n), result, shape, epilogue);
    };
    if (transpose_a) return with_b(dense_columns(a, k, m));
    return with_b(dense_rows(a, m, k));
}

void linear_parameter_gradients(CudaQueue& queue, Real* dw, Real* db, const Real* x, const Real* ds,
                                const LinearShape& shape, bool accumulate_dw, bool accumulate_db) {
    const auto [batch, in, out] = shape;
    if (in == 0 || queue.vendor()) {  // whose product has no such by-product
        sum_rows(queue, db, ds, {batch, out}, accumulate_db);
        return gemm(queue, dw, x, ds, {in, out, batch, true, false}, {nullptr, {}, accumulate_dw});
    }
    tiled_product(queue, dense_columns(x, batch, in), dense_columns(ds, batch, out), dense_result(dw, out),
                  {in, out, batch}, {nullptr, {}, accumulate_dw}, {db, accumulate_db});
}

}  // namespace sinter::kernels
