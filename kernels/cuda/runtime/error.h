// The one check of the CUDA runtime's answers.
#pragma once

#include <string_view>

#include "kernels/cuda/runtime/device.cuh"

namespace sinter::kernels {

/// Throws QueueError unless `status` is success. `action` says what was tried: "launching adam_kernel".
void check_cuda(cudaError_t status, std::string_view action);

}  // namespace sinter::kernels
