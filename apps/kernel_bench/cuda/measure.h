// One kernel case, timed on a CUDA device: with its data in the L2 cache, and with caches that hold none of it.
#pragma once

#include <optional>
#include <string>

#include "apps/kernel_bench/case_facts.h"
#include "apps/roofs/cuda/device.h"
#include "apps/roofs/timing.h"
#include "kernels/cases/case.h"

namespace sinter::bench {

/// What the vendor's libraries take for the same call, on arrays in their own form (VendorForm::native).
struct VendorTiming {
    Timing warm;
    std::optional<Timing> cold;
};

struct CudaMeasurement : CaseFacts {
    Timing warm;  ///< the same buffers in every call: in the L2 cache if they fit
    /// Buffers in rotation, twice as many bytes as the L2 cache holds between two visits of one. Absent where that
    /// would take more than a thousand copies, or more memory than a quarter of the device's.
    std::optional<Timing> cold;
    /// Absent where the libraries are, and where they leave the call to sinter's own kernel.
    std::optional<VendorTiming> vendor;
    std::string vendor_failure;  ///< the libraries' sentence where they failed
};

/// Loads the vendor engine once, for arrays in its own form, and returns the reason where that fails.
std::optional<std::string> absence_of_vendor(kernels::CudaQueue& queue);

/// Times the case, filled as in its test, in the queue's precision, and with `vendor` the vendor engine in turn with
/// it. It must have a CUDA kernel.
CudaMeasurement measure_cuda_case(kernels::CudaQueue& queue, const CudaDevice& device,
                                  const kernels::KernelCase& kernel_case, bool vendor, const TimingOptions& options);

/// Calls the case twice, the second time as all that a profiler sees that was told to wait for cudaProfilerStart, in a
/// range of the case's name.
void profile_cuda_case(kernels::CudaQueue& queue, const kernels::KernelCase& kernel_case);

}  // namespace sinter::bench
