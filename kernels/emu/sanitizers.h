// Which sanitizer the code is compiled with, and the parts of their interfaces that the emulator uses.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define SINTER_EMU_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SINTER_EMU_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define SINTER_EMU_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SINTER_EMU_TSAN 1
#endif
#endif

#ifdef SINTER_EMU_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef SINTER_EMU_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace sinter::emu {

/// Forbids, or allows again, every access to this memory. Does nothing without the address sanitizer.
inline void forbid([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t bytes) {
#ifdef SINTER_EMU_ASAN
    __asan_poison_memory_region(memory, bytes);
#endif
}
inline void allow([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t bytes) {
#ifdef SINTER_EMU_ASAN
    __asan_unpoison_memory_region(memory, bytes);
#endif
}

}  // namespace sinter::emu
