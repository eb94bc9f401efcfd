#include "kernels/emu/traffic.h"

#include <sys/mman.h>

#include <atomic>
#include <new>
#include <utility>

#include "kernels/emu/memory.h"
#include "kernels/emu/stream.h"

namespace sinter::emu {
namespace {

constexpr std::size_t kSector = 32;

/// The numbers of the launch and of the block that last touched a sector.
struct Sector {
    std::uint32_t read_by_block, written_by_block, read_by_launch, written_by_launch, handed_on_by_launch;
};

/// One counter for all launches: they come one after the other, and so do their blocks.
struct Counter {
    bool counting = false;
    const std::byte* begin = nullptr;  // of all device memory
    std::size_t bytes = 0;
    Sector* sectors = nullptr;
    std::uint32_t launch = 0, block = 0;
    std::vector<KernelTraffic> launches;

    void start() {
        if (!sectors) {
            begin = device_memory();
            bytes = device_bytes_total();
            // These are pages of zeros. Only those of touched sectors come to exist.
            void* const range = mmap(nullptr, bytes / kSector * sizeof(Sector), PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (range == MAP_FAILED) throw std::bad_alloc();
            sectors = static_cast<Sector*>(range);
        }
        launches.clear();
        counting = true;
    }

    /// Calls f with every sector of device memory that the range touches.
    template <class F>
    void for_sectors(const void* address, std::size_t size, const F& f) {
        const std::size_t offset = static_cast<std::size_t>(static_cast<const std::byte*>(address) - begin);
        if (!counting || offset >= bytes) return;  // shared memory and the stack lie elsewhere
        for (std::size_t i = offset / kSector; i <= (offset + size - 1) / kSector; ++i) f(sectors[i]);
    }

    void read(const void* address, std::size_t size) {
        for_sectors(address, size, [&](Sector& sector) {
            KernelTraffic& traffic = launches.back();
            if (sector.written_by_block == block) return;
            if (std::exchange(sector.read_by_block, block) != block) traffic.moved += kSector;
            if (sector.written_by_launch == launch) {
                if (sector.read_by_launch != launch && std::exchange(sector.handed_on_by_launch, launch) != launch)
                    traffic.least -= kSector;
            } else if (std::exchange(sector.read_by_launch, launch) != launch) {
                traffic.least += kSector;
            }
        });
    }

    void write(const void* address, std::size_t size) {
        for_sectors(address, size, [&](Sector& sector) {
            KernelTraffic& traffic = launches.back();
            if (std::exchange(sector.written_by_block, block) != block) traffic.moved += kSector;
            if (std::exchange(sector.written_by_launch, launch) != launch) traffic.least += kSector;
        });
    }
};

Counter& counter() {
    static Counter& one = *new Counter;
    return one;
}

}  // namespace

void start_counting_traffic() {
    finish_streams();
    counter().start();
}

std::vector<KernelTraffic> stop_counting_traffic() {
    finish_streams();
    counter().counting = false;
    return std::exchange(counter().launches, {});
}

bool counting_traffic() { return counter().counting; }

void count_launch(const std::string& kernel) {
    ++counter().launch;
    counter().launches.push_back({kernel, 0, 0});
}

void count_block() { ++counter().block; }

void count_read(const void* address, std::size_t bytes) {
    if (bytes > 0) counter().read(address, bytes);
}

}  // namespace sinter::emu

// -fsanitize=thread makes the compiler call these before every access to memory. There is no thread sanitizer behind
// them: they count.
#ifndef __SANITIZE_THREAD__
extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}

void __tsan_read_range(void* address, std::size_t bytes) { sinter::emu::count_read(address, bytes); }
void __tsan_write_range(void* address, std::size_t bytes) {
    if (bytes > 0) sinter::emu::counter().write(address, bytes);
}

#define SINTER_COUNT_ACCESSES(bytes)                                                                  \
    void __tsan_read##bytes(void* address) { sinter::emu::counter().read(address, bytes); }           \
    void __tsan_write##bytes(void* address) { sinter::emu::counter().write(address, bytes); }         \
    void __tsan_unaligned_read##bytes(void* address) { sinter::emu::counter().read(address, bytes); } \
    void __tsan_unaligned_write##bytes(void* address) { sinter::emu::counter().write(address, bytes); }
SINTER_COUNT_ACCESSES(1)
SINTER_COUNT_ACCESSES(2)
SINTER_COUNT_ACCESSES(4)
SINTER_COUNT_ACCESSES(8)
SINTER_COUNT_ACCESSES(16)
#undef SINTER_COUNT_ACCESSES

// Atomic operations are calls too, then. Those on counters are no traffic to speak of.
#define SINTER_ATOMICS(bits, Value)                                                                                   \
    Value __tsan_atomic##bits##_load(const volatile Value* at, int) { return __atomic_load_n(at, __ATOMIC_SEQ_CST); } \
    void __tsan_atomic##bits##_store(volatile Value* at, Value value, int) {                                          \
        __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                                                \
    }                                                                                                                 \
    Value __tsan_atomic##bits##_exchange(volatile Value* at, Value value, int) {                                      \
        return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);                                                      \
    }                                                                                                                 \
    Value __tsan_atomic##bits##_fetch_add(volatile Value* at, Value value, int) {                                     \
        return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);                                                       \
    }                                                                                                                 \
    Value __tsan_atomic##bits##_fetch_or(volatile Value* at, Value value, int) {                                      \
        return __atomic_fetch_or(at, value, __ATOMIC_SEQ_CST);                                                        \
    }                                                                                                                 \
    Value __tsan_atomic##bits##_fetch_and(volatile Value* at, Value value, int) {                                     \
        return __atomic_fetch_and(at, value, __ATOMIC_SEQ_CST);                                                       \
    }                                                                                                                 \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile Value* at, Value* expected, Value value, int, int) {   \
        return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);           \
    }                                                                                                                 \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile Value* at, Value* expected, Value value, int, int) {     \
        return __tsan_atomic##bits##_compare_exchange_strong(at, expected, value, 0, 0);                              \
    }
SINTER_ATOMICS(8, std::uint8_t)
SINTER_ATOMICS(32, std::uint32_t)
SINTER_ATOMICS(64, std::uint64_t)
#undef SINTER_ATOMICS

}  // extern "C"

#endif
