// Division of small indices by a number that the host knows: a high product, a sum and a shift (Granlund and
// Montgomery, "Division by invariant integers using multiplication", PLDI 1994, figure 4.1).
#pragma once

#include "kernels/cuda/device.cuh"

namespace sinter::kernels {

/// Divides 0 <= n < 2^31 by a fixed divisor. A divisor of zero, which an empty operand may have, divides nothing.
class Divisor32 {
public:
    Divisor32() = default;
    explicit Divisor32(int divisor) : divisor_(divisor) {
        if (divisor <= 0) return;
        while (std::int64_t{1} << shift_ < divisor) ++shift_;
        const std::uint64_t above = (std::uint64_t{1} << shift_) - static_cast<std::uint64_t>(divisor);
        multiplier_ = static_cast<unsigned>((above << 32) / static_cast<std::uint64_t>(divisor) + 1);
    }

    __device__ __forceinline__ int quotient(int n) const {
        const auto dividend = static_cast<unsigned>(n);
        return static_cast<int>((__umulhi(dividend, multiplier_) + dividend) >> shift_);
    }

    /// n % divisor, from its quotient.
    __device__ __forceinline__ int remainder(int n, int quotient) const { return n - quotient * divisor_; }

private:
    int divisor_ = 0;
    unsigned multiplier_ = 0;
    int shift_ = 0;
};

}  // namespace sinter::kernels
