// What a benchmark needs to know of a kernel case besides its time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/roofs/bandwidth.h"
#include "kernels/cases/case.h"

namespace sinter::bench {

/// A case and its work.
struct CaseFacts {
    std::string family, kernel, size;
    double flops = 0;        ///< floating-point operations per call; 0 if memory decides alone
    double bytes = 0;        ///< that any implementation must move, per call; 0 if unknown
    double working_set = 0;  ///< bytes that stay in use from call to call
    Traffic traffic = Traffic::triad;
    /// Of a matrix product the shortest side, of a convolution the fewer of its input and output channels.
    std::optional<std::int64_t> narrowest_side;
};

/// The facts of a case, whose numbers are floats.
CaseFacts facts_of(const kernels::KernelCase& kernel_case);

}  // namespace sinter::bench
