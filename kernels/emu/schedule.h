// In which order the threads of a block, and the blocks of a grid, run, and when asynchronous copies are made
// (async_copy.h). Forward and shuffled, warps whose lanes meet go on side by side; reversed, one runs ahead of the
// others as far as it can. A kernel that is right does not notice.
#pragma once

#include <cstdint>
#include <vector>

namespace sinter::emu {

struct Schedule {
    /// none: launches are checked and then left out, so that what a step launches can be counted without doing it.
    enum Order { forward, reversed, shuffled, none } order = forward;
    std::uint64_t seed = 1;  ///< of the shuffled order

    bool operator==(const Schedule&) const = default;
};

/// The numbers 0 .. count-1 in the order of the schedule; `salt` makes shuffled orders differ. Into `places`.
void put_in_order(std::vector<int>& places, int count, const Schedule& schedule, std::uint64_t salt);

/// The schedule of the launches that follow. It begins as $SINTER_EMU_SCHEDULE says: "forward" (also without it),
/// "reversed", "shuffled" or "shuffled:SEED".
Schedule schedule();
void set_schedule(const Schedule& schedule);

}  // namespace sinter::emu
