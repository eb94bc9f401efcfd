// Reference matrix product with its epilogue.
#include "kernels/gemm.h"

#include <algorithm>
#include <vector>

#include "kernels/reduce.h"
#include "kernels/ref/activation.h"
#include "kernels/ref/instantiate.h"

namespace sinter::kernels {

template <class Real>
void gemm(RefQueue<Real>&, Real* c, const Real* a, const Real* b, const GemmShape& shape,
          const Epilogue<Real>& epilogue) {
    const auto [m, n, k, transpose_a, transpose_b] = shape;
    std::vector<Real> row(static_cast<std::size_t>(n));  // of the product: C may only be read and written once
    for (Index i = 0; i < m; ++i) {
        std::fill(row.begin(), row.end(), Real{0});
        for (Index p = 0; p < k; ++p) {
            const Real a_ip = transpose_a ? a[p * m + i] : a[i * k + p];
            for (Index j = 0; j < n; ++j) {
                row[static_cast<std::size_t>(j)] += a_ip * (transpose_b ? b[j * k + p] : b[p * n + j]);
            }
        }
        for (Index j = 0; j < n; ++j) {
            Real value = row[static_cast<std::size_t>(j)];
            if (epilogue.accumulate) value += c[i * n + j];
            if (epilogue.bias) value += epilogue.bias[j];
            c[i * n + j] = ref::activate(epilogue.activation, value);
        }
    }
}

template <class Real>
void linear_parameter_gradients(RefQueue<Real>& queue, Real* dw, Real* db, const Real* x, const Real* ds,
                                const LinearShape& shape, bool accumulate_dw, bool accumulate_db) {
    gemm(queue, dw, x, ds, {shape.in, shape.out, shape.batch, true, false}, {nullptr, {}, accumulate_dw});
    sum_rows(queue, db, ds, {shape.batch, shape.out}, accumulate_db);
}

SINTER_REF_INSTANTIATE(gemm);
SINTER_REF_INSTANTIATE(linear_parameter_gradients);

}  // namespace sinter::kernels
