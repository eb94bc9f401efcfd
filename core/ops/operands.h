// The checks of operands that several ops and layers share.
#pragma once

#include <cstdint>

#include "core/buffer.h"
#include "core/tensor.h"
#include "kernels/geometry.h"

namespace sinter {

/// The shape of the matrix x. Throws UsageError, named after `op`, where x has not two axes.
kernels::MatrixShape require_matrix(const char* op, const Tensor& x);

/// The shape of the images x. Throws UsageError, named after `op`, where x has not their four axes.
kernels::ImageShape require_images(const char* op, const Tensor& x);

/// Throws UsageError, named after `op`, where `indices` are on another device than `device`, or where one is outside of
/// [0, entries): a kernel would read foreign memory. On a CUDA device the values are not looked at, because the step
/// would wait for them; Loader has checked those of data sets.
void require_indices(const char* op, const Buffer<std::int32_t>& indices, Index entries, Device device);

}  // namespace sinter
