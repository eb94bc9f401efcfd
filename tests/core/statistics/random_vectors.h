// Numbers for the tests of statistics.
#pragma once

#include <random>
#include <vector>

#include "core/shape.h"

namespace sinter::tests {

/// Uniform numbers in [-0.5, 0.5). Not by one of the library's distributions, whose numbers differ from machine to
/// machine.
inline std::vector<double> random_numbers(Index count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<double> numbers(static_cast<std::size_t>(count));
    for (double& number : numbers) number = static_cast<double>(random()) / 4294967296.0 - 0.5;
    return numbers;
}

/// Vectors [count, size] of such numbers.
inline std::vector<float> random_vectors(Index count, Index size, unsigned seed) {
    const std::vector<double> numbers = random_numbers(count * size, seed);
    return {numbers.begin(), numbers.end()};
}

/// Vectors [count, size] of whole numbers from 0 to `most`: many of their distances are equal, and all are exact.
inline std::vector<float> grid_vectors(Index count, Index size, int most, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<float> numbers(static_cast<std::size_t>(count * size));
    for (float& number : numbers) number = static_cast<float>(random() % static_cast<unsigned>(most + 1));
    return numbers;
}

/// |a - b|^2 of vector i of `a` and j of `b`, by differences.
inline double squared_difference(const std::vector<float>& a, Index i, const std::vector<float>& b, Index j,
                                 Index size) {
    double sum = 0;
    for (Index d = 0; d < size; ++d) {
        const double difference = static_cast<double>(a[static_cast<std::size_t>(i * size + d)]) -
                                  static_cast<double>(b[static_cast<std::size_t>(j * size + d)]);
        sum += difference * difference;
    }
    return sum;
}

}  // namespace sinter::tests
