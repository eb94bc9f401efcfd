#include "kernels/emu/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>

#include "kernels/emu/crash.h"
#include "kernels/emu/sanitizers.h"

namespace sinter::emu {
namespace {

constexpr std::size_t kAlignment = 256;
constexpr std::size_t kGuard = 256;
constexpr unsigned char kGuardByte = 0xA7, kPoisonByte = 0xFF;
// So much freed memory is kept out of use, where whoever still reads it finds NaN, or the address sanitizer.
constexpr std::size_t kQuarantine = std::size_t{64} << 20;

std::size_t rounded(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// One range of addresses, handed out from front to back: guard, block, guard, block, ..., guard.
class Arena {
public:
    Arena() {
        for (total_ = std::size_t{64} << 30; total_ > 0; total_ /= 2) {
            void* range = mmap(nullptr, total_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (range == MAP_FAILED) continue;
            base_ = static_cast<std::byte*>(range);
            break;
        }
        page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        report_crashes(base_, total_);
    }

    void open() {
        if (depth_++ == 0) protect(PROT_READ | PROT_WRITE);
    }
    void close() {
        if (--depth_ == 0) protect(PROT_NONE);
    }

    void* allocate(std::size_t bytes) {
        const std::size_t room = rounded(bytes);
        std::byte* block = nullptr;
        std::deque<std::byte*>& freed = freed_[room];
        if (!freed.empty() && freed_bytes_ > kQuarantine) {
            block = freed.front();
            freed.pop_front();
            freed_bytes_ -= room;
        } else {
            if (total_ - used_ < room + 2 * kGuard) return nullptr;
            if (used_ == 0) grow(kGuard);
            block = base_ + used_;
            grow(room + kGuard);
        }
        allow(block - kGuard, kGuard + room + kGuard);
        std::memset(block, kPoisonByte, bytes);
        blocks_[block] = bytes;
        live_bytes_ += bytes;
        mend(block, bytes);
        forbid(block - kGuard, kGuard);
        forbid(block + bytes, room - bytes + kGuard);
        return block;
    }

    bool free(std::byte* block) {
        const auto found = blocks_.find(block);
        if (found == blocks_.end()) return false;
        const std::size_t room = rounded(found->second);
        live_bytes_ -= found->second;
        std::memset(block, kPoisonByte, found->second);
        forbid(block, found->second);
        blocks_.erase(found);
        freed_[room].push_back(block);
        freed_bytes_ += room;
        return true;
    }

    bool holds(const std::byte* address, std::size_t bytes) const {
        auto after = blocks_.upper_bound(const_cast<std::byte*>(address));
        if (after == blocks_.begin()) return false;
        const auto& [block, size] = *--after;
        return address + bytes <= block + size;
    }

    std::string damaged_guard() {
#ifndef SINTER_EMU_ASAN  // which sees the access itself
        for (const auto& [block, bytes] : blocks_) {
            const std::byte* back = block + bytes;
            const std::size_t back_bytes = rounded(bytes) - bytes + kGuard;
            std::string damage;
            for (std::size_t i = 0; i < kGuard && damage.empty(); ++i) {
                if (block[-1 - static_cast<std::ptrdiff_t>(i)] != std::byte{kGuardByte})
                    damage = std::to_string(i + 1) + " bytes in front of";
            }
            for (std::size_t i = 0; i < back_bytes && damage.empty(); ++i) {
                if (back[i] != std::byte{kGuardByte}) damage = std::to_string(i) + " bytes past the end of";
            }
            if (damage.empty()) continue;
            mend(block, bytes);
            return "wrote " + damage + " an allocation of " + std::to_string(bytes) + " bytes";
        }
#endif
        return "";
    }

    std::size_t live_bytes() const { return live_bytes_; }
    std::size_t total() const { return total_; }

private:
    void grow(std::size_t bytes) {
        used_ += bytes;
        const std::size_t pages = std::min((used_ + page_ - 1) / page_ * page_, total_);
        if (pages > accessible_ && depth_ > 0) {
            mprotect(base_ + accessible_, pages - accessible_, PROT_READ | PROT_WRITE);
        }
        accessible_ = pages;
    }

    void protect(int access) {
        if (accessible_ > 0) mprotect(base_, accessible_, access);
    }

    void mend(std::byte* block, std::size_t bytes) {
        std::memset(block - kGuard, kGuardByte, kGuard);
        std::memset(block + bytes, kGuardByte, rounded(bytes) - bytes + kGuard);
    }

    std::byte* base_ = nullptr;
    std::size_t total_ = 0, used_ = 0, accessible_ = 0, page_ = 4096;
    int depth_ = 0;
    std::map<std::byte*, std::size_t> blocks_;
    std::map<std::size_t, std::deque<std::byte*>> freed_;
    std::size_t freed_bytes_ = 0, live_bytes_ = 0;
};

std::recursive_mutex guard;

Arena& arena() {
    static Arena& one = *new Arena;  // never destroyed: static objects may hold device memory
    return one;
}

}  // namespace

void* allocate_device(std::size_t bytes) {
    const std::lock_guard lock(guard);
    const OpenMemory open;
    return arena().allocate(bytes);
}

bool free_device(void* memory) {
    const std::lock_guard lock(guard);
    const OpenMemory open;
    return arena().free(static_cast<std::byte*>(memory));
}

bool is_device_pointer(const void* address) { return is_device_range(address, 0); }

bool is_device_range(const void* address, std::size_t bytes) {
    const std::lock_guard lock(guard);
    return arena().holds(static_cast<const std::byte*>(address), bytes);
}

std::size_t device_bytes_used() {
    const std::lock_guard lock(guard);
    return arena().live_bytes();
}

std::size_t device_bytes_total() { return arena().total(); }

OpenMemory::OpenMemory() {
    guard.lock();
    arena().open();
}

OpenMemory::~OpenMemory() {
    arena().close();
    guard.unlock();
}

std::string damaged_guard() {
    const std::lock_guard lock(guard);
    return arena().damaged_guard();
}

}  // namespace sinter::emu
