// One kernel case, timed on buffers that are filled as in its test.
#pragma once

#include "apps/kernel_bench/openblas.h"
#include "apps/kernel_bench/report.h"
#include "kernels/cases/case.h"

namespace sinter::bench {

/// Times the case on the queue and, where it is a matrix product and `blas` is not null, times the BLAS on the same
/// matrices in turn with it (into an output of its own).
Measurement measure_case(kernels::CpuQueue& queue, const kernels::KernelCase& kernel_case, const OpenBlas* blas,
                         const TimingOptions& options);

}  // namespace sinter::bench
