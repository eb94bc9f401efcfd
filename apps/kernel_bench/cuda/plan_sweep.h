// Matrix products and convolutions with every tile and every split: what the model behind
// kernels/cuda/product/gemm_plan.h says is fastest, against what is.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/kernel_bench/case_facts.h"
#include "apps/roofs/timing.h"
#include "kernels/cases/case.h"
#include "kernels/cuda/product/gemm_plan.h"

namespace sinter::bench {

/// A case cut in one way.
struct PlannedTiming {
    kernels::ProductPlan plan;
    Timing timing;
};

struct PlanSweep : CaseFacts {
    Timing model;                        ///< cut as the model has it
    std::vector<PlannedTiming> fastest;  ///< with each tile that the device has room for, in its best number of parts
};

/// Whether the case is a matrix product or a convolution, which are cut by a plan.
bool has_plan(const kernels::KernelCase& kernel_case);

/// Times the case, its data warm, as the model cuts it and with each tile in 1, 2, 4, ... 64 parts, all in turn.
PlanSweep sweep_plans(kernels::CudaQueue& queue, const kernels::KernelCase& kernel_case, const TimingOptions& options);

/// A line for each case: the model's time, the fastest one as a share of it, and each tile's time and parts.
std::string format_sweeps(std::span<const PlanSweep> sweeps);

}  // namespace sinter::bench
