// Scalar products of all pairs of vectors, in double: what distances between the features of images are made of.
#pragma once

#include <compare>

#include "kernels/contract.h"

namespace sinter::kernels {

/// Vectors a [rows, depth] and b [columns, depth].
struct PairShape {
    Index rows = 0;
    Index columns = 0;
    Index depth = 0;

    constexpr double multiply_adds() const { return static_cast<double>(rows) * static_cast<double>(columns * depth); }

    auto operator<=>(const PairShape&) const = default;
};

/// products[i, j] = sum over d of a[i, d] b[j, d], summed in double in the order of d. The product of two floats is
/// exact in double, so every backend gives the same bits, and |a|^2 + |b|^2 - 2 a b is 0 for equal vectors.
SINTER_KERNEL(dot_products, double* products, const Real* a, const Real* b, const PairShape& shape);

}  // namespace sinter::kernels
