#include "kernels/emu/language/synchronisation.h"

#include "kernels/emu/block.h"
#include "kernels/emu/language/async_copy.h"

namespace sinter::emu {

int wait_for_block(int kind, int predicate, const char* name, const Here& at) {
    return BlockRunner::current().barrier(static_cast<BarrierKind>(kind), predicate, name, at);
}

void meet(void (*combine)(void* const*, unsigned), const char* name, unsigned mask, void* mine, const Here& at) {
    BlockRunner::current().together(combine, name, mask, mine, at);
}

int lane_of_caller() { return BlockRunner::current().lane(); }
void* dynamic_shared() { return BlockRunner::current().shared_memory(); }
void device_fault(const std::string& what) { BlockRunner::current().fail(what); }

void copy_async(void* shared, const void* global, std::size_t bytes, std::size_t valid_bytes) {
    BlockRunner::current().start_copy(shared, global, bytes, valid_bytes);
}
void commit_async_copies() { BlockRunner::current().close_copy_group(); }
void wait_async_copies(int groups_that_may_remain) { BlockRunner::current().finish_copies(groups_that_may_remain); }

}  // namespace sinter::emu
