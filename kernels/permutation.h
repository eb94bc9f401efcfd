// Random permutations that are computed element by element, the same on every backend: no sorting, no memory.
#pragma once

#include <cstdint>

#include "kernels/philox.h"

namespace sinter::kernels {

/// The permutation of [0, count) that belongs to a stream, 1 <= count <= 2^31.
///
/// A Feistel round maps the halves (left, right) of 2h bits to (right, left ^ f(right)), a bijection for any f. Here f
/// mixes the half with a round key, a word of the stream's Philox blocks 0 and 1, by the finalizer of MurmurHash3, and
/// keeps h bits. The network permutes a power of four. An image at or above count goes through it again until one lands
/// below count (cycle walking, Black & Rogaway, CT-RSA 2002). That keeps the map one-to-one and takes less than four
/// walks on average. There are eight rounds: with four, single places among ten are up to a quarter more likely than
/// others.
class Permutation {
public:
    static constexpr int kRounds = 8;

    constexpr Permutation(std::uint32_t count, const RandomStream& stream) : count_(count) {
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
