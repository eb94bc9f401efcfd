// How much memory may be used for data.
#pragma once

#include <cstdint>

namespace sinter {

/// Bytes that can be had without swapping: what the system calls available, and no more than a container's limit
/// leaves. Zero where the system does not say.
std::int64_t available_memory();

}  // namespace sinter
