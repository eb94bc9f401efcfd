#include "kernels/emu/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#include "kernels/emu/sanitizers.h"

#ifdef __x86_64__
// Saves what a function must preserve, changes stacks, and restores. swapcontext() does the same with two system calls,
// which would be nearly all of the time that a kernel with shuffles takes.
extern "C" void sinter_emu_change_stack(void** save, void* load);
asm(R"(
.text
.hidden sinter_emu_change_stack
.globl sinter_emu_change_stack
.type sinter_emu_change_stack, @function
sinter_emu_change_stack:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size sinter_emu_change_stack, . - sinter_emu_change_stack
)");
#endif

namespace sinter::emu {
namespace {

#ifdef SINTER_EMU_ASAN
constexpr std::size_t kStackBytes = 256 * 1024;  // red zones around every variable
#else
constexpr std::size_t kStackBytes = 64 * 1024;
#endif

thread_local Fiber* leaving = nullptr;
thread_local Fiber* entering = nullptr;

std::size_t page_bytes() {
    static const std::size_t bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return bytes;
}

}  // namespace

Fiber::Fiber() {
#ifdef SINTER_EMU_TSAN
    sanitizer_state_ = __tsan_get_current_fiber();
#endif
}

Fiber::Fiber(void (*entry)(void*), void* argument) : entry_(entry), argument_(argument), stack_bytes_(kStackBytes) {
    void* mapping = mmap(nullptr, page_bytes() + kStackBytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) throw std::bad_alloc();
    mprotect(mapping, page_bytes(), PROT_NONE);
    mapping_ = static_cast<std::byte*>(mapping);
    stack_ = mapping_ + page_bytes();
#ifdef SINTER_EMU_TSAN
    sanitizer_state_ = __tsan_create_fiber(0);
#endif
    restart();
}

Fiber::~Fiber() {
    if (!mapping_) return;
#ifdef SINTER_EMU_TSAN
    __tsan_destroy_fiber(sanitizer_state_);
#endif
    allow(stack_, stack_bytes_);
    munmap(mapping_, page_bytes() + stack_bytes_);
}

void Fiber::restart() {
    allow(stack_, stack_bytes_);  // frames that were abandoned had their red zones here
#ifdef __x86_64__
    // As sinter_emu_change_stack() left it: six registers, then where to return to, then a zero for who walks stacks.
    auto* top = reinterpret_cast<std::uint64_t*>(mapping_ + page_bytes() + stack_bytes_) - 1;
    top[0] = 0;
    *--top = reinterpret_cast<std::uint64_t>(&Fiber::begin);
    for (int i = 0; i < 6; ++i) *--top = 0;
    stack_pointer_ = top;
#else
    getcontext(&context_);
    context_.uc_stack.ss_sp = mapping_ + page_bytes();
    context_.uc_stack.ss_size = stack_bytes_;
    context_.uc_link = nullptr;
    makecontext(&context_, &Fiber::begin, 0);
#endif
#ifdef SINTER_EMU_ASAN
    sanitizer_state_ = nullptr;
#endif
}

void Fiber::begin() {
#ifdef SINTER_EMU_ASAN
    __sanitizer_finish_switch_fiber(nullptr, &leaving->stack_, &leaving->stack_bytes_);
#endif
    entering->entry_(entering->argument_);
    std::abort();
}

void Fiber::change(Fiber& from, Fiber& to) {
    leaving = &from;
    entering = &to;
#ifdef SINTER_EMU_ASAN
    __sanitizer_start_switch_fiber(&from.sanitizer_state_, to.stack_, to.stack_bytes_);
#endif
#ifdef SINTER_EMU_TSAN
    __tsan_switch_to_fiber(to.sanitizer_state_, 0);
#endif
#ifdef __x86_64__
    sinter_emu_change_stack(&from.stack_pointer_, to.stack_pointer_);
#else
    swapcontext(&from.context_, &to.context_);
#endif
#ifdef SINTER_EMU_ASAN
    __sanitizer_finish_switch_fiber(from.sanitizer_state_, nullptr, nullptr);
#endif
}

}  // namespace sinter::emu
