// What this process may use of its machine. A container, a job scheduler or a shell may grant less than there is.
#pragma once

#include <cstdint>
#include <filesystem>

namespace sinter::kernels {

/// The cores that threads of this process may keep busy: those of its affinity (taskset), but no more than the quotas
/// of its control groups allow (version 1 and 2, those around them included), rounded up; at least 1. `root` is where
/// proc/ and sys/ are, for tests.
int usable_cores(const std::filesystem::path& root = "/");

/// The bytes that this process can allocate without swapping: what the system calls available, but no more than its
/// control groups and its own limits (ulimit -v, ulimit -d) leave, and 1 where that is nothing. Zero where the system
/// does not say.
std::int64_t available_memory(const std::filesystem::path& root = "/");

}  // namespace sinter::kernels
