// How matrix products and convolutions are cut, and the times that the model of an H200 expects of them
// (kernels/cuda/product/gemm_plan.h). Nothing is timed: any CUDA device will do, the emulated one too.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "apps/kernel_bench/case_facts.h"
#include "core/device.h"
#include "core/names.h"
#include "kernels/cases/case.h"
#include "kernels/cuda/product/gemm_plan.h"

namespace sinter::bench {

inline constexpr Named<kernels::TileSize> kTiles[] = {{"huge", kernels::TileSize::huge},
                                                      {"large", kernels::TileSize::large},
                                                      {"medium", kernels::TileSize::medium},
                                                      {"small", kernels::TileSize::small}};

/// Whether the case is a matrix product or a convolution. All of these are cut by a plan, but for the gradients of thin
/// images.
bool has_plan(const kernels::KernelCase& kernel_case);

/// The tiled products of a case, launch by launch, in each of kPrecisions.
struct CasePlans : CaseFacts {
    std::vector<std::vector<kernels::PlannedProduct>> launches;
};

/// Calls the case in every precision, for a graph that is never replayed.
CasePlans plan_case(kernels::CudaQueue& queue, const kernels::KernelCase& kernel_case);

/// A line for each case: the sizes of its product, and for each precision the tile, the parts and the expected time.
std::string format_plans(const std::vector<CasePlans>& cases);

}  // namespace sinter::bench
