// The matrix product of dense layers: a tiled product.
#include "kernels/gemm.h"

#include "kernels/cuda/product/gemm_product.h"
#include "kernels/reduce.h"
#include "kernels/vendor/engine.h"

namespace sinter::kernels {

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
    if (in == 0 || queue.vendor()) {  // no bias gradient is asked of a library
        sum_rows(queue, db, ds, {batch, out}, accumulate_db);
        return gemm(queue, dw, x, ds, {in, out, batch, true, false}, {nullptr, {}, accumulate_dw});
    }
    tiled_product(queue, dense_columns(x, batch, in), dense_columns(ds, batch, out), dense_result(dw, out),
                  {in, out, batch}, {nullptr, {}, accumulate_dw}, {db, accumulate_db});
}

}  // namespace sinter::kernels
