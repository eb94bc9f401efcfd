// The order in which the threads of a block, the blocks of a grid and the nodes of a graph run, and the time at which
// asynchronous copies are made (async_copy.h). In the forward and shuffled orders, warps whose lanes meet go on side by
// side. In the reversed one, a warp runs ahead of the others as far as it can. A right kernel does not notice.
#pragma once

#include <cstdint>
#include <vector>

namespace sinter::emu {

struct Schedule {
    /// With `none`, launches are checked and then left out, so that a test can count a step's launches without doing
    /// them.
    enum Order { forward, reversed, shuffled, none } order = forward;
    std::uint64_t seed = 1;  ///< of the shuffled order

    bool operator==(const Schedule&) const = default;
};

/// Puts the numbers 0 .. count-1 into `places`, in the order of the schedule. `salt` makes shuffled orders differ.
void put_in_order(std::vector<int>& places, int count, const Schedule& schedule, std::uint64_t salt);

/// The schedule of the launches that follow. It begins as $SINTER_EMU_SCHEDULE says: "forward" (also without it),
/// "reversed", "shuffled" or "shuffled:SEED". What is under way is done before it changes.
Schedule schedule();
void set_schedule(const Schedule& schedule);

}  // namespace sinter::emu
