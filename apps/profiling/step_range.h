// Which steps of a run are profiled.
#pragma once

#include <cstdint>

namespace sinter {

/// Steps from `first` to the one before `end`.
struct StepRange {
    std::int64_t first = 0, end = 0;
    bool contains(std::int64_t step) const { return step >= first && step < end; }
};

}  // namespace sinter
