// What the buffers of a kernel case hold before the call: inputs from a Fill and a seed, outputs poisoned.
// Tests and benchmarks share it, so that both run a case on the same numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/cases/case.h"

namespace sinter::kernels {

// Element i of a buffer depends on (seed, i, fill) alone, except in a permutation, which is shuffled as a whole.
// Reals take every kind but permutation; integer types take integers, constant and permutation.
// Any other combination throws std::invalid_argument.

/// Fills with reals. The double version holds the float version's values, widened.
void fill_reals(std::span<float> values, const Fill& fill, std::uint64_t seed);
void fill_reals(std::span<double> values, const Fill& fill, std::uint64_t seed);

void fill_bytes(std::span<std::uint8_t> values, const Fill& fill, std::uint64_t seed);
void fill_int32(std::span<std::int32_t> values, const Fill& fill, std::uint64_t seed);
void fill_int64(std::span<std::int64_t> values, const Fill& fill, std::uint64_t seed);
void fill_uint64(std::span<std::uint64_t> values, const Fill& fill, std::uint64_t seed);

/// Bytes of one element on a backend whose number type is Real.
template <class Real>
constexpr std::size_t element_size(ElementType type) {
    switch (type) {
        case ElementType::real:
            return sizeof(Real);
        case ElementType::real64:
            return sizeof(double);
        case ElementType::byte:
            return 1;
        case ElementType::int32:
            return 4;
        case ElementType::int64:
        case ElementType::uint64:
            return 8;
    }
    return 0;
}

/// Bytes of the argument's buffer on a backend whose number type is Real.
template <class Real>
constexpr std::size_t buffer_size(const Argument& argument) {
    return element_size<Real>(argument.type) * static_cast<std::size_t>(argument.count);
}

/// Prepares the whole buffer of an argument: inputs and inouts by their fill, outputs with NaN (reals) or 0xA5 bytes.
/// Callers pass the argument's position in its case as the seed, so that no two inputs are equal.
template <class Real>
void fill_argument(void* memory, const Argument& argument, std::uint64_t seed);

}  // namespace sinter::kernels
