// Embedding on the tape: rows of a learned table, picked by indices.
#pragma once

#include "core/buffer.h"
#include "core/tensor.h"

namespace sinter {

/// y[r, :] = table[indices[r], :] for a table [entries, columns] and any number of indices in [0, entries): y [count,
/// columns]. Throws UsageError for an index outside of the table, except on a CUDA device, where the host does not look
/// at it (see core/ops/operands.h). Has derivatives of every order.
Tensor embedding(const Tensor& table, const Buffer<std::int32_t>& indices);

}  // namespace sinter
