// Sums. Each runs over fixed tiles in a fixed order, so the bits do not depend on the number of threads.
#pragma once

#include "kernels/contract.h"

namespace sinter::kernels {

/// sum[0] = (or += if accumulate) scale * sum of x
SINTER_KERNEL(sum_all, Real* sum, const Real* x, Index count, double scale, bool accumulate);

/// sum[0] = sum of x^2
SINTER_KERNEL(sum_squares, Real* sum, const Real* x, Index count);

/// sums[c] = (or += if accumulate) sum over r of x[r, c]: a batch summed into one row
SINTER_KERNEL(sum_rows, Real* sums, const Real* x, MatrixShape shape, bool accumulate);

/// sums[r] = (or += if accumulate) sum over c of x[r, c]: every row summed to one number
SINTER_KERNEL(sum_columns, Real* sums, const Real* x, MatrixShape shape, bool accumulate);

/// index[0] = the smallest i for which x[i] is NaN or infinite, or -1
SINTER_KERNEL(find_nonfinite, Index* index, const Real* x, Index count);

}  // namespace sinter::kernels
