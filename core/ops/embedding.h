// Embedding on the tape: rows of a learned table, picked by indices.
#pragma once

#include "core/buffer.h"
#include "core/tensor.h"

namespace sinter {

/// y[r, :] = table[indices[r], :] for a table [entries, columns] and any number of indices in [0, entries): y [count,
/// columns]. The indices lie in device memory and are not checked: one outside of the table reads foreign memory. Has
/// derivatives of every order.
Tensor embedding(const Tensor& table, const Buffer<std::int32_t>& indices);

}  // namespace sinter
