// What CUPTI tells of the emulated device: nodes of graphs as they are made, and every launch, copy and fill.
#pragma once

#include <cstdint>

#include "kernels/emu/stream.h"

namespace sinter::emu {

/// For whom something is done: the call that asked for it, and the node of a graph that it is, or 0.
struct Origin {
    std::uint32_t call = 0;
    std::uint64_t node = 0;
};

/// Counts a call that is made now, and notes the number that its thread has pushed for it. All zeros while nothing is
/// recorded.
Origin note_call();

/// Does the work, and records it where that is asked for.
cudaError_t do_recorded(const CUgraphNode_st& work, const Origin& origin);

/// Gives the node a number of its own, and tells the subscriber; `original` is what it is a copy of, or null.
void tell_of_node(CUgraphNode_st& node, CUgraphNode_st* original);

}  // namespace sinter::emu
