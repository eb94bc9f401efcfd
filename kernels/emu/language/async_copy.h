// Asynchronous copies from global to shared memory (cp.async). When they are made is a part of the schedule. Forward:
// when the thread waits for them and not before, so that a kernel that forgets to wait meets the poison that the memory
// held. Reversed: at once, so that one that starts them too early overwrites what others still read. Shuffled: either,
// from thread to thread.
#pragma once

#include <cstddef>

namespace sinter::emu {

/// Copies valid_bytes, and sets the rest of `bytes` to zero.
void copy_async(void* shared, const void* global, std::size_t bytes, std::size_t valid_bytes);
/// Closes the group of copies that this thread started since the last call.
void commit_async_copies();
/// Waits until at most so many of this thread's closed groups remain under way, the youngest.
void wait_async_copies(int groups_that_may_remain);

}  // namespace sinter::emu
