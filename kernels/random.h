// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
//
// A number has an address, not a history: key = seed, counter = (block, draw, step). Element i of a draw is word i % 4
// of block i / 4. The same address gives the same uniforms, masks and permutations to the bit on every backend (normals
// to within rounding), and the same bits for any number of threads. The backward pass therefore generates noise and
// dropout masks again instead of storing them, and a resumed run continues exactly.
#pragma once

#include "kernels/contract.h"

namespace sinter::kernels {

/// Where a draw's numbers live. Philox key = (seed low, seed high); counter = (block, draw, step low, step high).
struct RandomAddress {
    std::uint64_t seed = 0;
    std::uint32_t draw = 0;               ///< which draw within the step
    const std::uint64_t* step = nullptr;  ///< in device memory: it changes when a recorded step is replayed; null is 0
};

/// y = low + (high - low) * u, with u = (word >> 8) * 2^-24 in [0, 1)
SINTER_KERNEL(random_uniform, Real* y, Index count, double low, double high, const RandomAddress& address);

/// y = mean + stddev * n, with n from the Box-Muller transform of word pairs (w0, w1) and (w2, w3) of each block:
///   u = ((w0 >> 8) + 1) * 2^-24 in (0, 1],  v = (w1 >> 8) * 2^-24,  r = sqrt(-2 log u),  n = r cos(2 pi v), r sin(2 pi
///   v)
/// so elements 4b, 4b+1 come from (w0, w1) as cos, sin and elements 4b+2, 4b+3 from (w2, w3).
SINTER_KERNEL(random_normal, Real* y, Index count, double mean, double stddev, const RandomAddress& address);

/// y = u < probability ? 1 : 0, u as in random_uniform: dynamic binarisation of grey images
SINTER_KERNEL(random_bernoulli, Real* y, const Real* probability, Index count, const RandomAddress& address);

/// Inverted dropout: y = u < rate ? 0 : x / (1 - rate). Linear in x, so its backward is the same call on dy with the
/// same address. In place allowed.
SINTER_KERNEL(dropout, Real* y, const Real* x, Index count, double rate, const RandomAddress& address);

/// order = a permutation of 0..count-1, see kernels/permutation.h
SINTER_KERNEL(random_permutation, std::int32_t* order, Index count, const RandomAddress& address);

}  // namespace sinter::kernels
