#include "core/statistics/manifolds.h"

#include "core/statistics/neighbours.h"

namespace sinter {

Coverage measure_coverage(const PointSet& generated, const PointSet& real, const BallSizes& k) {
    const std::vector<double> real_radii = neighbour_distances(real, k.precision);
    const std::vector<double> generated_radii = neighbour_distances(generated, k.precision);
    const std::vector<double> open_radii = k.density == k.precision ? real_radii : neighbour_distances(real, k.density);

    Coverage result;
    result.precision.assign(generated_radii.size(), 0);
    result.density.assign(generated_radii.size(), 0);
    result.recall.assign(real_radii.size(), 0);
    result.coverage.assign(real_radii.size(), 0);
    for_each_distance(generated, real, [&](Index i, Index first, std::span<const double> distances) {
        const std::size_t g = static_cast<std::size_t>(i);
        double balls = 0;
        for (std::size_t j = 0; j < distances.size(); ++j) {
            const std::size_t r = static_cast<std::size_t>(first) + j;
            if (distances[j] <= real_radii[r]) result.precision[g] = 1;
            if (distances[j] < open_radii[r]) balls += 1;
        }
        result.density[g] += balls / static_cast<double>(k.density);
    });
    // Once more from the other side: a thread then writes to its own row alone.
    for_each_distance(real, generated, [&](Index i, Index first, std::span<const double> distances) {
        const std::size_t r = static_cast<std::size_t>(i);
        for (std::size_t j = 0; j < distances.size(); ++j) {
            if (distances[j] <= generated_radii[static_cast<std::size_t>(first) + j]) result.recall[r] = 1;
            if (distances[j] < open_radii[r]) result.coverage[r] = 1;
        }
    });
    return result;
}

double expected_coverage(Index generated, Index real, Index k) {
    // The k nearest of the other real ones and the generated ones are all real, with this probability.
    double all_real = 1;
    for (Index i = 0; i < k; ++i) {
        all_real *= static_cast<double>(real - 1 - i) / static_cast<double>(real + generated - 1 - i);
    }
    return 1 - all_real;
}

}  // namespace sinter
