// Division of indices by a number that the host knows: a multiplication and a shift, where 64-bit division is a
// subroutine of a hundred instructions (Granlund and Montgomery, "Division by invariant integers using multiplication",
// PLDI 1994, figure 4.1).
#pragma once

#include "kernels/contract.h"
#include "kernels/cuda/device.cuh"

namespace sinter::kernels {

/// Divides 0 <= n < 2^63 by a fixed divisor. A divisor of zero, which an empty matrix may have, divides nothing.
class Divisor {
public:
    explicit Divisor(Index divisor) : divisor_(divisor) {
        while (divisor > Index{1} << shift_) ++shift_;
        // 2^64 (2^shift - divisor) / divisor + 1, by long division: the numerator has up to 127 bits.
        std::uint64_t remainder = divisor > 0 ? (std::uint64_t{1} << shift_) - static_cast<std::uint64_t>(divisor) : 0;
        for (int bit = 0; bit < 64 && divisor > 0; ++bit) {
            remainder *= 2;
            multiplier_ *= 2;
            if (remainder >= static_cast<std::uint64_t>(divisor)) {
                remainder -= static_cast<std::uint64_t>(divisor);
                ++multiplier_;
            }
        }
        ++multiplier_;
    }

    __device__ __forceinline__ Index quotient(Index n) const {
        const auto dividend = static_cast<std::uint64_t>(n);
        return static_cast<Index>((__umul64hi(dividend, multiplier_) + dividend) >> shift_);
    }

    /// n % divisor, from its quotient.
    __device__ __forceinline__ Index remainder(Index n, Index quotient) const { return n - quotient * divisor_; }

    __device__ __forceinline__ Index divisor() const { return divisor_; }

private:
    Index divisor_;
    std::uint64_t multiplier_ = 0;
    int shift_ = 0;
};

/// A place in a matrix.
struct RowColumn {
    Index row, column;
};

/// Where element i of a row-major matrix stands.
__device__ __forceinline__ RowColumn place_of(Index i, const Divisor& columns) {
    const Index row = columns.quotient(i);
    return {row, columns.remainder(i, row)};
}

/// The element after it.
__device__ __forceinline__ void advance(RowColumn& place, const Divisor& columns) {
    if (++place.column == columns.divisor()) place = {place.row + 1, 0};
}

}  // namespace sinter::kernels
