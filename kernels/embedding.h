// Embedding: rows of a table picked by indices, and the gradient of the table.
#pragma once

#include "kernels/contract.h"

namespace sinter::kernels {

/// y[r, :] = table[indices[r], :]      y of `shape` [rows, columns], table [entries, columns], 0 <= indices < entries
SINTER_KERNEL(embedding_forward, Real* y, const Real* table, const std::int32_t* indices, MatrixShape shape);

/// dtable[e, :] = (or += if accumulate) sum over the r with indices[r] = e of dy[r, :], in order of r
SINTER_KERNEL(embedding_backward, Real* dtable, const Real* dy, const std::int32_t* indices, MatrixShape shape,
              Index entries, bool accumulate);

}  // namespace sinter::kernels
