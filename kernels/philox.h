// Philox4x32-10, the one definition of the random numbers that every backend shares: the generator, and the conversion
// of its words to uniforms. The contracts that use it stand in kernels/random.h.
#pragma once

#include <cstdint>

#include "kernels/random.h"

namespace sinter::kernels {

/// The four 32-bit words of a Philox counter or of the block that it yields.
struct PhiloxBlock {
    std::uint32_t word[4];
};

inline constexpr std::uint32_t kPhiloxMultiplier0 = 0xD2511F53u;
inline constexpr std::uint32_t kPhiloxMultiplier1 = 0xCD9E8D57u;
inline constexpr std::uint32_t kPhiloxKeyStep0 = 0x9E3779B9u;  // golden ratio
inline constexpr std::uint32_t kPhiloxKeyStep1 = 0xBB67AE85u;  // sqrt(3) - 1
inline constexpr int kPhiloxRounds = 10;

/// The block at `counter` under the key (key0, key1): ten rounds of multiply, swap and xor (Salmon et al., section 5).
constexpr PhiloxBlock philox4x32(PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1) {
    for (int round = 0; round < kPhiloxRounds; ++round) {
        const std::uint64_t product0 = std::uint64_t{kPhiloxMultiplier0} * counter.word[0];
        const std::uint64_t product1 = std::uint64_t{kPhiloxMultiplier1} * counter.word[2];
        counter = {{static_cast<std::uint32_t>(product1 >> 32) ^ counter.word[1] ^ key0,
                    static_cast<std::uint32_t>(product1),
                    static_cast<std::uint32_t>(product0 >> 32) ^ counter.word[3] ^ key1,
                    static_cast<std::uint32_t>(product0)}};
        key0 += kPhiloxKeyStep0;
        key1 += kPhiloxKeyStep1;
    }
    return counter;
}

/// A RandomAddress whose step has been read from device memory: the blocks of one draw.
struct RandomStream {
    std::uint64_t seed = 0;
    std::uint32_t draw = 0;
    std::uint64_t step = 0;

    constexpr std::uint32_t key0() const { return static_cast<std::uint32_t>(seed); }
    constexpr std::uint32_t key1() const { return static_cast<std::uint32_t>(seed >> 32); }

    /// Block `index`, which holds elements 4 index .. 4 index + 3: a draw has at most 2^34 elements.
    constexpr PhiloxBlock block(std::uint32_t index) const {
        return philox4x32({{index, draw, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32)}},
                          key0(), key1());
    }
};

/// The stream at `address`, whose step is read now; a null step means 0.
constexpr RandomStream read_stream(const RandomAddress& address) {
    return {address.seed, address.draw, address.step ? *address.step : 0};
}

/// The upper 24 bits of a word as a number in [0, 1). Exact in every floating-point type.
template <class Real>
constexpr Real uniform_from(std::uint32_t word) {
    return static_cast<Real>(word >> 8) * static_cast<Real>(0x1p-24);
}

/// A word as a whole number below `count`, each about equally often.
constexpr std::uint32_t whole_from(std::uint32_t word, std::uint32_t count) {
    return static_cast<std::uint32_t>(std::uint64_t{word} * count >> 32);
}

/// The upper 24 bits of a word as a number in (0, 1], whose logarithm exists. Exact in every floating-point type.
template <class Real>
constexpr Real positive_uniform_from(std::uint32_t word) {
    return static_cast<Real>((word >> 8) + 1) * static_cast<Real>(0x1p-24);
}

/// By how many pixels an image is shifted down and to the right, each in [-most, most] (kernels/gather.h).
struct Shift {
    std::int64_t down, right;
};
constexpr Shift random_shift(const RandomStream& stream, std::int64_t image, std::int64_t most) {
    const PhiloxBlock block = stream.block(static_cast<std::uint32_t>(image));
    const auto count = static_cast<std::uint32_t>(2 * most + 1);
    return {static_cast<std::int64_t>(whole_from(block.word[0], count)) - most,
            static_cast<std::int64_t>(whole_from(block.word[1], count)) - most};
}

}  // namespace sinter::kernels
