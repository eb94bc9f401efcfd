// Fibers: stacks that the CPU changes to without the system's help. A CUDA thread that waits keeps its stack.
#pragma once

#include <cstddef>

#ifndef __x86_64__
#include <ucontext.h>
#endif

namespace sinter::emu {

class Fiber {
public:
    /// Stands for the stack that the calling OS thread runs on.
    Fiber();
    /// A stack of its own, on which start() begins entry(argument). `entry` never returns; it switches away for good.
    Fiber(void (*entry)(void*), void* argument);
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// Forgets what the fiber was doing: the next switch to it begins its entry function on an empty stack.
    void restart();

    /// Leaves `from`, which is running, and goes on with `to` where it was left. Returns when somebody switches back.
    static void change(Fiber& from, Fiber& to);

private:
    static void begin();

    void (*entry_)(void*) = nullptr;
    void* argument_ = nullptr;
    std::byte* mapping_ = nullptr;  // a guard page, then the stack
    const void* stack_ = nullptr;
    std::size_t stack_bytes_ = 0;
#ifdef __x86_64__
    void* stack_pointer_ = nullptr;
#else
    ucontext_t context_;
#endif
    void* sanitizer_state_ = nullptr;
};

}  // namespace sinter::emu
