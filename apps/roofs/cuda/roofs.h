// The roofs over kernels on a CUDA device: what it really does in a second, measured by kernels that do nothing else.
#pragma once

#include <optional>

#include "apps/roofs/bandwidth.h"
#include "apps/roofs/cuda/device.h"

namespace sinter::bench {

/// Operations per second, a multiply-add counting two.
struct CudaPeaks {
    double fma = 0;              ///< fused multiply-adds in float32, outside of the tensor cores
    std::optional<double> tf32;  ///< mma.sync on TF32; absent on a device older than compute capability 8.0
    std::optional<double> bf16;  ///< mma.sync on bf16, likewise

    /// The peak that matrix products and convolutions in this precision are compared with.
    double of(kernels::Precision precision) const;
};

/// Independent chains of operations in registers, on every multiprocessor: the best of several windows.
CudaPeaks measure_cuda_peaks(kernels::CudaQueue& queue, const CudaDevice& device);

/// Bandwidth of loops over working sets from a fraction of the L2 cache to several times its size. The first-level
/// caches take no part: a kernel finds them empty. The last point is that of the device's memory.
BandwidthCurve measure_cuda_bandwidth(kernels::CudaQueue& queue, const CudaDevice& device);

/// Seconds that a kernel which does nothing adds to a graph: no kernel can take less.
double measure_empty_launch(kernels::CudaQueue& queue);

}  // namespace sinter::bench
