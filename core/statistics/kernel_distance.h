// The kernel distance between two sets of feature vectors: KID (Binkowski et al., arXiv:1801.01401).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/shape.h"
#include "core/statistics/pair_distances.h"

namespace sinter {

struct KernelDistanceOptions {
    Index subsets = 100;
    Index subset_size = 1000;
    std::uint64_t seed = 2020;
};

struct KernelDistance {
    double mean = 0;       ///< over the subsets; slightly negative values are right, as the estimator is unbiased
    double deviation = 0;  ///< of the subsets, as numpy's std has it
};

/// The vectors of each subset, drawn without replacement: [subsets, subset_size] indices below `count`. Subset s of
/// side 0 or 1 depends on the seed, s, the side and the count alone. Throws UsageError where a subset is larger than
/// the set.
std::vector<Index> draw_subsets(Index count, int side, const KernelDistanceOptions& options);

/// The squared maximum mean discrepancy with the kernel (x y / d + 1)^3, unbiased,
///
///     sum_{i != j} k(x_i, x_j) / (m (m - 1)) + sum_{i != j} k(y_i, y_j) / (m (m - 1)) - 2 sum_{i, j} k(x_i, y_j) / m^2
///
/// between the vectors that `subset_a` and `subset_b` name, m each. Throws UsageError where m is below two.
double kernel_distance(std::span<const float> a, std::span<const Index> subset_a, std::span<const float> b,
                       std::span<const Index> subset_b, Index size, Device device);

/// Over the subsets that draw_subsets() draws of both sides. Throws UsageError as it does.
KernelDistance kernel_distance(std::span<const float> a, std::span<const float> b, Index size, Device device,
                               const KernelDistanceOptions& options);

}  // namespace sinter
