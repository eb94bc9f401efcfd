// The layouts of operands in shared memory (gemm_tile.cuh), asked where their loads and copies go.
#pragma once

#include <vector>

#include "kernels/contract.h"

namespace sinter::kernels {

enum class TileLayout { along_depth, along_side };

/// What the lanes of a warp do with one instruction, in floats from the tile's begin.
struct WarpAccess {
    std::vector<int> places;    ///< of each lane
    std::vector<int> expected;  ///< where the layout says that the element stands
};

/// Fragments of the tensor cores, a 32-bit register of each lane at a time: rows and columns of a tile of 64 sides.
std::vector<WarpAccess> fragment_loads(CudaQueue& queue, TileLayout layout);
/// Fours of the fused multiply-adds, 128 bits of each lane at a time.
std::vector<WarpAccess> fours_loads(CudaQueue& queue, TileLayout layout);
/// Copies of 16 bytes to a tile by 128 threads, a warp at a time.
std::vector<WarpAccess> copies(CudaQueue& queue, TileLayout layout);

}  // namespace sinter::kernels
