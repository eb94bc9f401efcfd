// Reference sums.
#include "kernels/reduce.h"

#include <cmath>

#include "kernels/ref/instantiate.h"

namespace sinter::kernels {

template <class Real>
void sum_all(RefQueue<Real>&, Real* sum, const Real* x, Index count, double scale, bool accumulate) {
    Real total = 0;
    for (Index i = 0; i < count; ++i) total += x[i];
    total *= static_cast<Real>(scale);
    sum[0] = accumulate ? sum[0] + total : total;
}

template <class Real>
void sum_squares(RefQueue<Real>&, Real* sum, const Real* x, Index count) {
    Real total = 0;
    for (Index i = 0; i < count; ++i) total += x[i] * x[i];
    sum[0] = total;
}

template <class Real>
void sum_rows(RefQueue<Real>&, Real* sums, const Real* x, MatrixShape shape, bool accumulate) {
    for (Index c = 0; c < shape.columns; ++c) {
        Real total = 0;
        for (Index r = 0; r < shape.rows; ++r) total += x[r * shape.columns + c];
        sums[c] = accumulate ? sums[c] + total : total;
    }
}

template <class Real>
void sum_columns(RefQueue<Real>&, Real* sums, const Real* x, MatrixShape shape, bool accumulate) {
    for (Index r = 0; r < shape.rows; ++r) {
        Real total = 0;
        for (Index c = 0; c < shape.columns; ++c) total += x[r * shape.columns + c];
        sums[r] = accumulate ? sums[r] + total : total;
    }
}

template <class Real>
void find_nonfinite(RefQueue<Real>&, Index* index, const Real* x, Index count) {
    index[0] = -1;
    for (Index i = 0; i < count; ++i) {
        if (!std::isfinite(x[i])) {
            index[0] = i;
            return;
        }
    }
}

SINTER_REF_INSTANTIATE(sum_all);
SINTER_REF_INSTANTIATE(sum_squares);
SINTER_REF_INSTANTIATE(sum_rows);
SINTER_REF_INSTANTIATE(sum_columns);
SINTER_REF_INSTANTIATE(find_nonfinite);

}  // namespace sinter::kernels
