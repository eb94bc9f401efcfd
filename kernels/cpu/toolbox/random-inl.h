// Philox4x32-10 on vectors, one block a lane, and the uniform and normal numbers made from its words.
// Included once per target, like simd-inl.h. The addresses and formulas are those of kernels/random.h.

// Per-target include guard: toggled, so that each pass of foreach_target compiles this file once.
#if defined(SINTER_KERNELS_CPU_TOOLBOX_RANDOM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_TOOLBOX_RANDOM_INL_H_
#undef SINTER_KERNELS_CPU_TOOLBOX_RANDOM_INL_H_
#else
#define SINTER_KERNELS_CPU_TOOLBOX_RANDOM_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "kernels/cpu/toolbox/math-inl.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/philox.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {

using WordTag = hn::RebindToUnsigned<FloatTag>;
using WordVector = hn::Vec<WordTag>;

inline constexpr WordTag kWords{};

/// Four vectors, one for each word of a block. They have names, since compilers keep arrays of vectors in memory.
template <class Vector>
struct Quad {
    Vector v0, v1, v2, v3;
};

#if HWY_TARGET == HWY_SCALAR

HWY_ATTR HWY_INLINE Quad<WordVector> philox_blocks(const RandomStream& stream, std::uint32_t first) {
    const PhiloxBlock block = stream.block(first);
    return {hn::Set(kWords, block.word[0]), hn::Set(kWords, block.word[1]), hn::Set(kWords, block.word[2]),
            hn::Set(kWords, block.word[3])};
}

#else

using WideTag = hn::RepartitionToWide<WordTag>;
using WideVector = hn::Vec<WideTag>;

inline constexpr WideTag kWides{};

HWY_ATTR HWY_INLINE WideVector wide_product(WideVector word, std::uint32_t multiplier) {
    return hn::MulEven(hn::BitCast(kWords, word), hn::Set(kWords, multiplier));
}

/// One round on a block in every 64-bit lane. A word sits in the lower half of its lane. MulEven does not read the
/// upper half, so its content never matters: a product's lower word needs no masking, and nothing moves between lanes.
HWY_ATTR HWY_INLINE Quad<WideVector> philox_round(const Quad<WideVector>& counter, WideVector key0, WideVector key1) {
    const WideVector product0 = wide_product(counter.v0, kPhiloxMultiplier0);
    const WideVector product1 = wide_product(counter.v2, kPhiloxMultiplier1);
    return {hn::Xor3(hn::ShiftRight<32>(product1), counter.v1, key0), product1,
            hn::Xor3(hn::ShiftRight<32>(product0), counter.v3, key1), product0};
}

/// The lower words of `even` in the even lanes, those of `odd` in the odd lanes.
HWY_ATTR HWY_INLINE WordVector merge_lanes(WideVector even, WideVector odd) {
    return hn::OddEven(hn::BitCast(kWords, hn::ShiftLeft<32>(odd)), hn::BitCast(kWords, even));
}

/// The words of the blocks first, first + 1, ..., one block in each lane.
HWY_ATTR HWY_INLINE Quad<WordVector> philox_blocks(const RandomStream& stream, std::uint32_t first) {
    const WideVector index = hn::BitCast(kWides, hn::Iota(kWords, first));
    const WideVector draw = hn::Set(kWides, stream.draw);
    const WideVector step_low = hn::Set(kWides, stream.step);
    const WideVector step_high = hn::Set(kWides, stream.step >> 32);
    Quad<WideVector> even = {index, draw, step_low, step_high};
    Quad<WideVector> odd = {hn::ShiftRight<32>(index), draw, step_low, step_high};

    WideVector key0 = hn::Set(kWides, stream.key0());
    WideVector key1 = hn::Set(kWides, stream.key1());
    const WideVector key_step0 = hn::Set(kWides, kPhiloxKeyStep0);
    const WideVector key_step1 = hn::Set(kWides, kPhiloxKeyStep1);
    for (int round = 0; round < kPhiloxRounds; ++round) {
        even = philox_round(even, key0, key1);
        odd = philox_round(odd, key0, key1);
        key0 = hn::Add(key0, key_step0);
        key1 = hn::Add(key1, key_step1);
    }
    return {merge_lanes(even.v0, odd.v0), merge_lanes(even.v1, odd.v1), merge_lanes(even.v2, odd.v2),
            merge_lanes(even.v3, odd.v3)};
}

#endif  // HWY_SCALAR

HWY_ATTR HWY_INLINE FloatVector float_from_24_bits(WordVector bits) {
    return hn::Mul(hn::ConvertTo(kFloats, hn::BitCast(kInts, bits)), constant(0x1p-24f));
}

HWY_ATTR HWY_INLINE FloatVector uniform_from_words(WordVector words) {
    return float_from_24_bits(hn::ShiftRight<8>(words));
}

/// Uniform numbers in [0, 1): uniform_from() of every word, to the bit.
struct Uniforms {
    HWY_ATTR HWY_INLINE Quad<FloatVector> operator()(const Quad<WordVector>& words) const {
        return {uniform_from_words(words.v0), uniform_from_words(words.v1), uniform_from_words(words.v2),
                uniform_from_words(words.v3)};
    }
};

struct CosineSine {
    FloatVector cosine;
    FloatVector sine;
};

/// cos(2 pi v) and sin(2 pi v) for v = (word >> 8) * 2^-24. Range reduction is exact: two bits of the word are the
/// quadrant, the others the fraction of a quarter turn. Largest relative error of the two, near their zeros too:
/// 2^-22.8.
HWY_ATTR HWY_INLINE CosineSine cosine_sine_of_turn(WordVector word) {
    const WordVector turn = hn::And(word, hn::Set(kWords, 0xFFFFFF00u));
    // As a signed number the lower 30 bits are a fraction of a quarter turn in [-1/2, 1/2), counted from the nearest
    // axis, whose number is in the upper two bits once half a quarter turn is added.
    const WordVector axis = hn::Add(turn, hn::Set(kWords, 1u << 29));
    const FloatVector r =
        hn::Mul(hn::ConvertTo(kFloats, hn::BitCast(kInts, hn::ShiftLeft<2>(turn))), constant(0x1p-32f));
    const FloatVector r2 = hn::Mul(r, r);
    // cos(pi/2 r) and sin(pi/2 r), minimax: 2^-26.7 and 2^-24.8, most of it the rounding of the coefficients.
    const FloatVector c = hn::MulAdd(
        r2, polynomial(r2, -1.23370054937f, 0.253669410357f, -0.0208615283422f, 0.000906739898403f), constant(1.0f));
    const FloatVector s =
        hn::Mul(r, polynomial(r2, 1.57079632195f, -0.645963477665f, 0.0796802176478f, -0.00460214921281f));

    const auto swapped = hn::RebindMask(kFloats, hn::TestBit(axis, hn::Set(kWords, 1u << 30)));
    const WordVector sign = hn::Set(kWords, 1u << 31);
    const WordVector sine_sign = hn::And(axis, sign);
    const WordVector cosine_sign = hn::And(hn::Add(axis, hn::Set(kWords, 1u << 30)), sign);
    return {hn::Xor(hn::IfThenElse(swapped, s, c), hn::BitCast(kFloats, cosine_sign)),
            hn::Xor(hn::IfThenElse(swapped, c, s), hn::BitCast(kFloats, sine_sign))};
}

/// sqrt(-2 log u) for u = ((word >> 8) + 1) * 2^-24.
HWY_ATTR HWY_INLINE FloatVector box_muller_radius(WordVector word) {
    const FloatVector u = float_from_24_bits(hn::Add(hn::ShiftRight<8>(word), hn::Set(kWords, 1)));
    return hn::Sqrt(hn::Mul(constant(-2.0f), log(u)));
}

/// Standard normal numbers by the Box-Muller transform of the word pairs (0, 1) and (2, 3).
struct Normals {
    HWY_ATTR HWY_INLINE Quad<FloatVector> operator()(const Quad<WordVector>& words) const {
        const FloatVector radius01 = box_muller_radius(words.v0);
        const FloatVector radius23 = box_muller_radius(words.v2);
        const CosineSine direction01 = cosine_sine_of_turn(words.v1);
        const CosineSine direction23 = cosine_sine_of_turn(words.v3);
        return {hn::Mul(radius01, direction01.cosine), hn::Mul(radius01, direction01.sine),
                hn::Mul(radius23, direction23.cosine), hn::Mul(radius23, direction23.sine)};
    }
};

/// to[0 .. end - begin) = the elements [begin, end) of the draw; `numbers` is Uniforms or Normals. begin must be a
/// multiple of 4. Every element depends on its own number alone, not on how the range was cut.
template <class Numbers>
HWY_ATTR HWY_INLINE void random_numbers(float* to, const RandomStream& stream, Index begin, Index end,
                                        Numbers numbers) {
    constexpr Index kMaxGroup = 4 * HWY_MAX_BYTES / sizeof(float);
    const Index group = 4 * static_cast<Index>(hn::Lanes(kFloats));
    for (Index i = begin; i < end; i += group, to += group) {
        const Quad<FloatVector> n = numbers(philox_blocks(stream, static_cast<std::uint32_t>(i / 4)));
        if (i + group <= end) {
            hn::StoreInterleaved4(n.v0, n.v1, n.v2, n.v3, kFloats, to);
        } else {
            HWY_ALIGN float rest[kMaxGroup];
            hn::StoreInterleaved4(n.v0, n.v1, n.v2, n.v3, kFloats, rest);
            std::copy_n(rest, end - i, to);
        }
    }
}

/// How many numbers are made at a time. They wait in the nearest cache for the loop that uses them.
inline constexpr Index kRandomTile = 1024;

/// Calls body(access, number, i) for the vectors of [begin, end), as for_vectors does, with the draw's numbers.
template <class Numbers, class Body>
HWY_ATTR HWY_INLINE void for_random_vectors(const RandomStream& stream, Index begin, Index end, Numbers numbers,
                                            const Body& body) {
    HWY_ALIGN float tile[kRandomTile];
    for (Index first = begin; first < end; first += kRandomTile) {
        const Index last = std::min(end, first + kRandomTile);
        random_numbers(tile, stream, first, last, numbers);
        for_vectors(first, last,
                    [&](auto access, Index i) HWY_ATTR { body(access, access.load(tile + (i - first)), i); });
    }
}

}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
