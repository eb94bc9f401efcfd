// The check of class labels and other indices that ops look up.
#pragma once

#include <cstdint>

#include "core/buffer.h"

namespace sinter {

/// Throws UsageError, named after `op`, where `indices` are on another device than `device`, or where one is outside of
/// [0, entries): a kernel would read foreign memory. On a CUDA device the values are not looked at, because the step
/// would wait for them; Loader has checked those of data sets.
void require_indices(const char* op, const Buffer<std::int32_t>& indices, Index entries, Device device);

}  // namespace sinter
