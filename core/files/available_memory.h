// How much memory may be used for data.
#pragma once

#include <cstdint>

namespace sinter {

/// The bytes that can be allocated without swapping: what the system calls available, but no more than a container's
/// limit leaves. Zero where the system does not say.
std::int64_t available_memory();

}  // namespace sinter
