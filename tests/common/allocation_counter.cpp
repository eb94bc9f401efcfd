#include "tests/common/allocation_counter.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

// The sanitizers replace malloc themselves: under them only operator new is counted.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SINTER_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SINTER_SANITIZED 1
#endif
#endif
#if defined(__GLIBC__) && !defined(SINTER_SANITIZED)
#define SINTER_COUNTS_MALLOC 1
#endif

namespace {

std::atomic<std::int64_t> count{0};

}  // namespace

namespace sinter {

std::int64_t allocations() { return count; }

}  // namespace sinter

#ifdef SINTER_COUNTS_MALLOC

// glibc keeps its own functions reachable under these names for exactly this purpose. operator new calls malloc.
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t number, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);

void* malloc(std::size_t bytes) {
    ++count;
    return __libc_malloc(bytes);
}
void* calloc(std::size_t number, std::size_t bytes) {
    ++count;
    return __libc_calloc(number, bytes);
}
void* realloc(void* memory, std::size_t bytes) {
    ++count;
    return __libc_realloc(memory, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) {
    ++count;
    return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    ++count;
    return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
    ++count;
    *memory = __libc_memalign(alignment, bytes);
    return *memory ? 0 : ENOMEM;
}
}

#else

// The array and nothrow forms call this one.
void* operator new(std::size_t bytes) {
    ++count;
    if (void* memory = std::malloc(bytes > 0 ? bytes : 1)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

#endif
