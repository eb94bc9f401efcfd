// The checks of an operand's axes that several ops and layers share.
#pragma once

#include "core/tensor.h"
#include "kernels/contract.h"

namespace sinter {

/// The shape of the matrix x. Throws UsageError, named after `op`, where x has not two axes.
kernels::MatrixShape require_matrix(const char* op, const Tensor& x);

/// Throws UsageError, named after `op`, where x has not the four axes of images.
void require_images(const char* op, const Tensor& x);

}  // namespace sinter
