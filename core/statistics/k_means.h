// Clusters of vectors by k-means, on the host.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/shape.h"
#include "kernels/runtime/thread_pool.h"

namespace sinter {

/// The cluster, from 0 to clusters - 1, of each vector [count, size]. The first centres are k-means++'s (Arthur &
/// Vassilvitskii, 2007): each is a vector drawn with the probability of its squared distance from those before it.
/// Lloyd's steps follow, until no vector changes its cluster, 300 at most. A cluster that loses all its vectors takes
/// the vector that is farthest from its own centre. The same bits for any number of threads. Throws UsageError where
/// there are fewer vectors than clusters.
std::vector<Index> k_means(std::span<const float> vectors, Index size, Index clusters, std::uint64_t seed,
                           kernels::ThreadPool& pool);

}  // namespace sinter
