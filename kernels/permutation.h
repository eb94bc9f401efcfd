// Random permutations, the same on every backend. A small set gets one of all its orders, each equally likely; a large
// set one that is computed element by element, without sorting and without memory.
#pragma once

#include <cstdint>

#include "kernels/philox.h"

namespace sinter::kernels {

/// The largest set that shuffle() orders. Larger ones have a KeyedPermutation.
inline constexpr std::uint32_t kMaxShuffled = 4096;

/// A number in [0, limit), 1 <= limit, each equally likely: the upper half of a word times the limit. The words whose
/// lower half is below 2^32 mod limit would make some numbers likelier than others; the next word takes their place
/// (Lemire, "Fast random integer generation in an interval", TOMACS 2019). The words of number `index` are those of the
/// blocks index, index + kMaxShuffled, ... of the stream.
constexpr std::uint32_t bounded_draw(const RandomStream& stream, std::uint32_t index, std::uint32_t limit) {
    const std::uint32_t excess = (0u - limit) % limit;
    for (std::uint32_t number = index;; number += kMaxShuffled) {
        const PhiloxBlock block = stream.block(number);
        for (const std::uint32_t word : block.word) {
            const std::uint64_t product = std::uint64_t{word} * limit;
            if (static_cast<std::uint32_t>(product) >= excess) return static_cast<std::uint32_t>(product >> 32);
        }
    }
}

/// One step of the shuffle by Fisher and Yates, from the inside out: i goes to a place that was drawn from [0, i], and
/// what was there goes to place i.
template <class Element>
constexpr void insert_at(Element* order, std::uint32_t i, std::uint32_t place) {
    order[i] = static_cast<Element>(i);
    const Element there = order[place];
    order[place] = order[i];
    order[i] = there;
}

/// The permutation of [0, count) that belongs to a stream, 1 <= count <= kMaxShuffled.
constexpr void shuffle(std::int32_t* order, std::uint32_t count, const RandomStream& stream) {
    for (std::uint32_t i = 0; i < count; ++i) insert_at(order, i, bounded_draw(stream, i, i + 1));
}

/// The permutation of [0, count) that belongs to a stream, kMaxShuffled < count <= 2^31.
///
/// A Feistel round maps the halves (left, right) of 2h bits to (right, left ^ f(right)), a bijection for any f. Here f
/// mixes the half with a round key, a word of the stream's Philox blocks 0 and 1, by the finalizer of MurmurHash3, and
/// keeps h bits. The network permutes a power of four. An image at or above count goes through it again until one lands
/// below count (cycle walking, Black & Rogaway, CT-RSA 2002). That keeps the map one-to-one and takes less than four
/// walks on average. There are eight rounds: with four, single places among ten are up to a quarter more likely than
/// others.
///
/// It has 2^256 keys and a large set many more orders, so most of them never come. Small sets show that: a round with
/// halves of two bits or more is an even permutation of the power of four, and orders of five elements are up to a
/// fifth likelier than others.
class KeyedPermutation {
public:
    static constexpr int kRounds = 8;

    constexpr KeyedPermutation(std::uint32_t count, const RandomStream& stream) : count_(count) {
        while ((std::uint64_t{1} << (2 * half_bits_)) < count) ++half_bits_;
        for (std::uint32_t block = 0; block < kRounds / 4; ++block) {
            const PhiloxBlock words = stream.block(block);
            for (std::uint32_t i = 0; i < 4; ++i) keys_[4 * block + i] = words.word[i];
        }
    }

    /// Where `index` goes, 0 <= index < count.
    constexpr std::uint32_t operator()(std::uint32_t index) const {
        const std::uint32_t mask = (1u << half_bits_) - 1;
        do {
            std::uint32_t left = index >> half_bits_, right = index & mask;
            for (std::uint32_t key : keys_) {
                const std::uint32_t mixed = left ^ (mix(right + key) & mask);
                left = right;
                right = mixed;
            }
            index = left << half_bits_ | right;
        } while (index >= count_);
        return index;
    }

private:
    static constexpr std::uint32_t mix(std::uint32_t x) {
        x ^= x >> 16;
        x *= 0x85ebca6bu;
        x ^= x >> 13;
        x *= 0xc2b2ae35u;
        return x ^ x >> 16;
    }

    std::uint32_t count_;
    std::uint32_t half_bits_ = 1;  // the smallest with 4^half_bits >= count
    std::uint32_t keys_[kRounds] = {};
};

}  // namespace sinter::kernels
