// Nearest neighbours among feature vectors.
#pragma once

#include <vector>

#include "core/statistics/pair_distances.h"

namespace sinter {

/// A point's nearest one in another set.
struct Neighbour {
    Index index = -1;  ///< the first of the nearest
    double squared_distance = 0;
};

/// The nearest of `points` to each of `queries`. Throws UsageError where there is no point.
std::vector<Neighbour> nearest_neighbours(const PointSet& queries, const PointSet& points);

/// The squared distance of each point to its k-th nearest other one. Throws UsageError unless there are more than k
/// points and k is at least 1.
std::vector<double> neighbour_distances(const PointSet& points, Index k);

}  // namespace sinter
