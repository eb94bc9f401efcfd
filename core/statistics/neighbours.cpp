#include "core/statistics/neighbours.h"

#include <algorithm>
#include <limits>

#include "core/check.h"

namespace sinter {

std::vector<Neighbour> nearest_neighbours(const PointSet& queries, const PointSet& points) {
    require(points.count() >= 1, "[neighbours] expected at least one point to be near to, got none");
    std::vector<Neighbour> nearest(static_cast<std::size_t>(queries.count()),
                                   {-1, std::numeric_limits<double>::infinity()});
    for_each_distance(queries, points, [&](Index i, Index first, std::span<const double> distances) {
        Neighbour& best = nearest[static_cast<std::size_t>(i)];
        for (std::size_t j = 0; j < distances.size(); ++j) {
            if (distances[j] < best.squared_distance) best = {first + static_cast<Index>(j), distances[j]};
        }
    });
    return nearest;
}

std::vector<double> neighbour_distances(const PointSet& points, Index k) {
    require(k >= 1 && points.count() > k, "[neighbours] expected k of at least 1 and more than k points, got {} and {}",
            k, points.count());
    const std::size_t kept = static_cast<std::size_t>(k);
    // The k smallest distances of each point as a heap, the largest first.
    std::vector<double> heaps(static_cast<std::size_t>(points.count()) * kept, std::numeric_limits<double>::infinity());
    for_each_distance(points, points, [&](Index i, Index first, std::span<const double> distances) {
        const std::span heap = std::span(heaps).subspan(static_cast<std::size_t>(i) * kept, kept);
        for (std::size_t j = 0; j < distances.size(); ++j) {
            if (distances[j] >= heap.front() || first + static_cast<Index>(j) == i) continue;
            std::pop_heap(heap.begin(), heap.end());
            heap.back() = distances[j];
            std::push_heap(heap.begin(), heap.end());
        }
    });
    std::vector<double> radii;
    for (std::size_t i = 0; i < heaps.size(); i += kept) radii.push_back(heaps[i]);
    return radii;
}

}  // namespace sinter
