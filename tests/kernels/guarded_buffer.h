// Memory between guard words: a kernel that writes outside of its buffer damages them, one that reads outside of it
// finds NaN there and, under the address sanitizer, is stopped on the spot.
#pragma once

#include <cstddef>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define SINTER_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SINTER_ADDRESS_SANITIZER 1
#endif
#endif
#ifdef SINTER_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace sinter::kernels {

class GuardedBuffer {
public:
    /// Room for `bytes` at `offset` bytes behind a 128-byte boundary.
    GuardedBuffer(std::size_t bytes, std::size_t offset)
        : bytes_(bytes),
          front_(kAlignment + offset),
          block_(static_cast<std::byte*>(::operator new (front_ + bytes + kBack, std::align_val_t{kAlignment}))) {
        for (std::size_t i = 0; i < front_; ++i) block_[i] = guard(i);
        for (std::size_t i = front_ + bytes; i < front_ + bytes + kBack; ++i) block_[i] = guard(i);
#ifdef SINTER_ADDRESS_SANITIZER
        // The sanitizer marks units of 8 bytes, of which only a tail can be forbidden: up to 7 bytes in front stay
        // open.
        __asan_poison_memory_region(block_, front_ / 8 * 8);
        __asan_poison_memory_region(data() + bytes_, kBack);
#endif
    }
    ~GuardedBuffer() {
        open();
        ::operator delete (block_, std::align_val_t{kAlignment});
    }
    GuardedBuffer(const GuardedBuffer&) = delete;
    GuardedBuffer& operator=(const GuardedBuffer&) = delete;

    std::byte* data() const { return block_ + front_; }
    std::size_t bytes() const { return bytes_; }

    /// Whether every guard word still stands.
    bool intact() const {
        open();
        const auto stands = [&](std::size_t first, std::size_t last) {
            while (first < last && block_[first] == guard(first)) ++first;
            return first == last;
        };
        return stands(0, front_) && stands(front_ + bytes_, front_ + bytes_ + kBack);
    }

private:
    static constexpr std::size_t kAlignment = 128;
    static constexpr std::size_t kBack = 128;

    /// Byte i of the block, counted so that words of four bytes on either side of the data read as a NaN.
    std::byte guard(std::size_t i) const {
        constexpr unsigned char kNan[] = {0x5C, 0xA3, 0xC5, 0xFF};
        return std::byte{kNan[(i + 4 - front_ % 4) % 4]};
    }
    void open() const {
#ifdef SINTER_ADDRESS_SANITIZER
        __asan_unpoison_memory_region(block_, front_ + bytes_ + kBack);
#endif
    }

    std::size_t bytes_;
    std::size_t front_;
    std::byte* block_;
};

}  // namespace sinter::kernels
