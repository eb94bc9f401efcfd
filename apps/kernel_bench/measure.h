// One kernel case, timed on buffers that are filled as in its test.
#pragma once

#include <optional>

#include "apps/kernel_bench/onednn.h"
#include "apps/kernel_bench/openblas.h"
#include "apps/kernel_bench/report.h"
#include "kernels/cases/case.h"

namespace sinter::bench {

/// The libraries that are timed beside our kernels, as far as they are installed and wished for.
struct Peers {
    std::optional<OpenBlas> products;
    std::optional<OneDnn> convolutions;
};

/// Times the case on the queue and, where it is a matrix product or a convolution that a peer knows, the peer on the
/// same numbers in turn with it (into an output of its own). Throws Error where the two disagree about a convolution:
/// they would not have done the same work.
Measurement measure_case(kernels::CpuQueue& queue, const kernels::KernelCase& kernel_case, const Peers& peers,
                         const TimingOptions& options);

}  // namespace sinter::bench
