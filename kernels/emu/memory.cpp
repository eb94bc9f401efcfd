#include "kernels/emu/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "kernels/emu/crash.h"
#include "kernels/emu/sanitizers.h"

namespace sinter::emu {
namespace {

constexpr std::size_t kAlignment = 256;
constexpr std::size_t kGuard = 256;
constexpr std::size_t kPage = std::size_t{2} << 20;  // a huge one; a multiple of all others that systems use
constexpr unsigned char kGuardByte = 0xA7, kPoisonByte = 0xFF;
// This much freed memory is kept out of use. Whoever still reads it finds NaN, or the address sanitizer.
constexpr std::size_t kQuarantine = std::size_t{8} << 20;

std::size_t rounded(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// One range of addresses: guard, block, guard, block, ..., guard. The more pages it has, the longer the system takes
/// to open and close it. It therefore has huge pages where the system gives them, and is kept short: freed memory is
/// used again, the lowest address first.
class Arena {
public:
    Arena() {
        for (total_ = std::size_t{64} << 30; total_ > 0; total_ /= 2) {
            void* range = mmap(nullptr, total_ + kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (range == MAP_FAILED) continue;
            base_ = static_cast<std::byte*>(range);
            break;
        }
        base_ += (kPage - reinterpret_cast<std::uintptr_t>(base_) % kPage) % kPage;
        madvise(base_, total_, MADV_HUGEPAGE);  // advice: a system without them goes on with its own pages
        report_crashes(base_, total_);
    }

    void open() {
        if (depth_++ == 0) protect(PROT_READ | PROT_WRITE);
    }
    void close() {
        if (--depth_ == 0) protect(PROT_NONE);
    }

    void* allocate(std::size_t bytes) {
        while (quarantine_bytes_ > kQuarantine) leave_quarantine();
        const std::size_t room = rounded(bytes);
        std::byte* const block = take(room + kGuard);
        if (!block) return nullptr;
        allow(block - kGuard, kGuard + room + kGuard);
        std::memset(block, kPoisonByte, bytes);
        mend(block, bytes);
        forbid(block - kGuard, kGuard);
        forbid(block + bytes, room - bytes + kGuard);
        blocks_[block] = bytes;
        live_bytes_ += bytes;
        return block;
    }

    bool free(std::byte* block) {
        const auto found = blocks_.find(block);
        if (found == blocks_.end()) return false;
        const std::size_t bytes = found->second;
        std::memset(block, kPoisonByte, bytes);
        forbid(block, bytes);
        live_bytes_ -= bytes;
        blocks_.erase(found);
        quarantine_.emplace_back(block, rounded(bytes) + kGuard);
        quarantine_bytes_ += rounded(bytes) + kGuard;
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
        // A guard stands between two blocks. For a write into it, the nearer block is named.
        for (const std::size_t reach : {kGuard / 2, kGuard}) {
            for (const auto& [block, bytes] : blocks_) {
                const std::byte* back = block + bytes;
                const std::size_t back_bytes = rounded(bytes) - bytes + reach;
                std::string damage;
                for (std::size_t i = 0; i < reach && damage.empty(); ++i) {
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
        }
#endif
        return "";
    }

    std::size_t live_bytes() const { return live_bytes_; }
    std::size_t total() const { return total_; }
    const std::byte* begin() const { return base_; }

private:
    /// `bytes` of unused addresses behind a guard; null if there are none.
    std::byte* take(std::size_t bytes) {
        const auto fits =
            std::find_if(free_.begin(), free_.end(), [&](const auto& range) { return range.second >= bytes; });
        if (fits != free_.end()) {
            const auto [begin, size] = *fits;
            free_.erase(fits);
            if (size > bytes) free_[begin + bytes] = size - bytes;
            return begin;
        }
        if (used_ == 0) grow(kGuard);
        if (total_ - used_ < bytes) return nullptr;
        std::byte* const begin = base_ + used_;
        grow(bytes);
        return begin;
    }

    void leave_quarantine() {
        auto [begin, size] = quarantine_.front();
        quarantine_.pop_front();
        quarantine_bytes_ -= size;
        const auto after = free_.lower_bound(begin);
        if (after != free_.end() && begin + size == after->first) {
            size += after->second;
            free_.erase(after);
        }
        const auto next = free_.lower_bound(begin);
        if (next != free_.begin()) {
            if (auto before = std::prev(next); before->first + before->second == begin) {
                before->second += size;
                return;
            }
        }
        free_[begin] = size;
    }

    void grow(std::size_t bytes) {
        used_ += bytes;
        const std::size_t pages = std::min((used_ + kPage - 1) / kPage * kPage, total_);
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
    std::size_t total_ = 0, used_ = 0, accessible_ = 0;
    int depth_ = 0;
    std::map<std::byte*, std::size_t> blocks_;
    std::deque<std::pair<std::byte*, std::size_t>> quarantine_;
    std::map<std::byte*, std::size_t> free_;
    std::size_t quarantine_bytes_ = 0, live_bytes_ = 0;
};

std::recursive_mutex guard;

Arena& arena() {
    static Arena& one = *new Arena;  // never destroyed: static objects may hold device memory
    return one;
}

/// Where pinned allocations begin, and their bytes.
std::map<const std::byte*, std::size_t>& pinned() {
    static auto& all = *new std::map<const std::byte*, std::size_t>;  // as above
    return all;
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

void* allocate_pinned(std::size_t bytes) {
    const std::lock_guard lock(guard);
    auto* const memory = static_cast<std::byte*>(std::malloc(bytes));
    if (memory) {
        std::memset(memory, kPoisonByte, bytes);
        pinned()[memory] = bytes;
    }
    return memory;
}

void free_pinned(void* memory) {
    const std::lock_guard lock(guard);
    pinned().erase(static_cast<std::byte*>(memory));
    std::free(memory);
}

bool is_pinned_pointer(const void* address) {
    const std::lock_guard lock(guard);
    const auto* const at = static_cast<const std::byte*>(address);
    const auto next = pinned().upper_bound(at);
    if (next == pinned().begin()) return false;
    const auto& [begin, bytes] = *std::prev(next);
    return at <= begin + bytes;
}

const std::byte* device_memory() { return arena().begin(); }

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
