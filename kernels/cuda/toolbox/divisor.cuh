// Division of indices by a number that the host knows: a high product, a sum and a shift, where division is a
// subroutine (Granlund and Montgomery, "Division by invariant integers using multiplication", PLDI 1994, figure 4.1).
#pragma once

#include <type_traits>

#include "kernels/contract.h"
#include "kernels/cuda/runtime/device.cuh"

namespace sinter::kernels {

/// The upper half of a product.
__device__ __forceinline__ std::uint32_t high_product(std::uint32_t a, std::uint32_t b) { return __umulhi(a, b); }
__device__ __forceinline__ std::uint64_t high_product(std::uint64_t a, std::uint64_t b) { return __umul64hi(a, b); }

/// Divides 0 <= n by a fixed divisor of the same signed type. A divisor of zero, which an empty matrix may have,
/// divides nothing.
template <class Integer>
class DivisorOf {
public:
    DivisorOf() = default;
    explicit DivisorOf(Integer divisor) : divisor_(divisor) {
        if (divisor <= 0) return;
        const auto number = static_cast<Unsigned>(divisor);
        while (Unsigned{1} << shift_ < number) ++shift_;
        // 2^bits (2^shift - divisor) / divisor + 1, by long division: the numerator is twice as long as the type.
        Unsigned remainder = (Unsigned{1} << shift_) - number;
        for (std::size_t bit = 0; bit < 8 * sizeof(Unsigned); ++bit) {
            remainder *= 2;
            multiplier_ *= 2;
            if (remainder >= number) {
                remainder -= number;
                ++multiplier_;
            }
        }
        ++multiplier_;
    }

    __device__ __forceinline__ Integer quotient(Integer n) const {
        const auto dividend = static_cast<Unsigned>(n);
        return static_cast<Integer>((high_product(dividend, multiplier_) + dividend) >> shift_);
    }

    /// n % divisor, from its quotient.
    __device__ __forceinline__ Integer remainder(Integer n, Integer quotient) const { return n - quotient * divisor_; }

    __device__ __forceinline__ Integer divisor() const { return divisor_; }

private:
    using Unsigned = std::make_unsigned_t<Integer>;

    Integer divisor_ = 0;
    Unsigned multiplier_ = 0;
    int shift_ = 0;
};

/// For places in arrays of any size.
using Divisor = DivisorOf<Index>;
/// For places that an int holds, in fewer instructions.
using Divisor32 = DivisorOf<std::int32_t>;

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
