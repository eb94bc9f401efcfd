// Narrow matrices: how many of their rows kernels take as one, so that vectors are full.
#pragma once

#include <numeric>

#include "kernels/contract.h"

namespace sinter::kernels {

/// The most elements that several rows, folded into one, have.
inline constexpr Index kMaxFold = 1024;

/// The number of consecutive rows to take as one row of at least 64 elements, a multiple of 16 (the widest vector);
/// 1 where a row has 64 columns or more. Element [r, c] becomes [r / fold, r % fold * columns + c].
inline Index rows_per_fold(Index columns) {
    if (columns >= 64) return 1;
    Index fold = 16 / std::gcd(columns, Index{16});
    while (fold * columns < 64) fold *= 2;
    return fold;
}

}  // namespace sinter::kernels
