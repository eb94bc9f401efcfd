// What every kernel case computes on a CUDA device, as hashes: two devices, or a device and its emulation, are compared
// bit for bit by comparing their lists (tools/gpu_check).
#pragma once

#ifdef SINTER_HAS_CUDA

#include <ostream>

#include "kernels/cases/case.h"

namespace sinter::kernels {

/// Writes a line for each case that has a CUDA kernel, run in float32 on aligned buffers: a 64-bit hash of its outputs,
/// in which every NaN counts alike, and the case's name,
/// behind a ~ where uses_transcendentals() says that the bits may differ. Throws QueueError as soon as the device
/// fails.
void write_case_hashes(std::ostream& out, CudaQueue& queue, const CaseList& cases);

}  // namespace sinter::kernels

#endif
