// Asynchronous copies from global to shared memory (cp.async). They are done when the thread waits for them and not
// before, so that a kernel that forgets to wait meets the poison that the memory held.
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
