// Matrix products and convolutions with every tile and every split: what the model behind
// kernels/cuda/product/gemm_plan.h says is fastest, against what is.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/kernel_bench/cuda/plan_table.h"
#include "apps/roofs/timing.h"

namespace sinter::bench {

/// A case cut in one way.
struct PlannedTiming {
    kernels::ProductPlan plan;
    Timing timing;
};

struct PlanSweep : CaseFacts {
    double expected = 0;                 ///< the model's seconds of an H200
    Timing model;                        ///< cut as the model has it
    std::vector<PlannedTiming> fastest;  ///< with each tile that the device has room for, in its best number of parts
};

/// Times the case, its data warm, as the model cuts it and with each tile in 1, 2, 4, ... 64 parts, all in turn. A case
/// that asks for no plan is not timed.
PlanSweep sweep_plans(kernels::CudaQueue& queue, const kernels::KernelCase& kernel_case, const TimingOptions& options);

/// A line for each case: the time that the model expects and the one that its plan takes, the fastest one as a share of
/// that, and each tile's time and parts.
std::string format_sweeps(std::span<const PlanSweep> sweeps);

}  // namespace sinter::bench
