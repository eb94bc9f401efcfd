// The order in which sets are cut into parts that are to be like the whole.
#pragma once

#include <cstdint>
#include <vector>

#include "core/shape.h"

namespace sinter {

/// A random order of `count` things, which the seed decides. None for 0.
std::vector<Index> random_order(Index count, std::uint64_t seed);

}  // namespace sinter
