// Counting what the process asks of the heap, on every thread.
#pragma once

#include <cstdint>

namespace sinter {

/// The number of allocations so far, by operator new and, where the C library lets the test replace it, by malloc and
/// its family. Its definition replaces those functions in the whole test program.
std::int64_t allocations();

}  // namespace sinter
