// Single elements of a random draw, for the reference kernels that use noise.
#pragma once

#include <cmath>
#include <numbers>

#include "kernels/philox.h"

namespace sinter::kernels::ref {

/// Element i of a uniform draw, in [0, 1).
template <class Real>
Real uniform_element(const RandomStream& stream, Index i) {
    return uniform_from<Real>(stream.block(static_cast<std::uint32_t>(i / 4)).word[i % 4]);
}

/// Element i of a standard normal draw, by Box and Muller.
template <class Real>
Real normal_element(const RandomStream& stream, Index i) {
    const PhiloxBlock block = stream.block(static_cast<std::uint32_t>(i / 4));
    const Index pair = i % 4 / 2;
    const Real u = positive_uniform_from<Real>(block.word[2 * pair]);
    const Real v = uniform_from<Real>(block.word[2 * pair + 1]);
    const Real radius = std::sqrt(-2 * std::log(u));
    const Real angle = 2 * std::numbers::pi_v<Real> * v;
    return radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
}

}  // namespace sinter::kernels::ref
