// Asynchronous copies from global to shared memory (cp.async). The schedule decides when they are made. Forward, they
// are made when the thread waits for them and not before, so a kernel that forgets to wait meets the poison that the
// memory held. Reversed, they are made at once, so a kernel that starts them too early overwrites what others still
// read. Shuffled, each thread does one or the other.
#pragma once

#include <cstddef>

namespace sinter::emu {

/// Copies valid_bytes, and sets the rest of `bytes` to zero.
void copy_async(void* shared, const void* global, std::size_t bytes, std::size_t valid_bytes);
/// Closes the group of copies that this thread started since the last call.
void commit_async_copies();
/// Waits until at most this many of the thread's closed groups, the youngest, remain under way.
void wait_async_copies(int groups_that_may_remain);

}  // namespace sinter::emu
