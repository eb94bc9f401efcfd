#include "core/statistics/frechet.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/check.h"
#include "core/statistics/jacobi.h"

namespace sinter {
namespace {

double length(std::span<const double> row) {
    double squares = 0;
    for (const double value : row) squares += value * value;
    return std::sqrt(squares);
}

std::vector<double> row_lengths(std::span<const double> matrix, Index size) {
    std::vector<double> lengths;
    for (Index i = 0; i < size; ++i) lengths.push_back(length(matrix.subspan(i * size, size)));
    return lengths;
}

/// F [size, size] with F^T F = covariance: row i is sqrt(lambda_i) v_i^T.
std::vector<double> factor(std::vector<double> covariance, Index size) {
    orthogonalise_rows(covariance, size);
    const std::vector<double> eigenvalues = row_lengths(covariance, size);
    const double largest = *std::max_element(eigenvalues.begin(), eigenvalues.end());
    // Rounding may leave a trace of an eigenvalue of 0. Its square root would be a hundred million times larger.
    const double rounding = largest * static_cast<double>(size) * std::numeric_limits<double>::epsilon();
    for (Index i = 0; i < size; ++i) {
        const double lambda = eigenvalues[i];
        const double scale = lambda > rounding ? 1 / std::sqrt(lambda) : 0;
        for (double& value : std::span(covariance).subspan(i * size, size)) value *= scale;
    }
    return covariance;
}

double trace(const FeatureStatistics& statistics) {
    double sum = 0;
    for (Index i = 0; i < statistics.size; ++i) sum += statistics.covariance[i * statistics.size + i];
    return sum;
}

/// tr (C_a C_b)^{1/2}. With C = F^T F the eigenvalues of C_a C_b are those of (F_a F_b^T)(F_a F_b^T)^T, so their square
/// roots are the singular values of F_a F_b^T.
double trace_of_root(const FeatureStatistics& a, const FeatureStatistics& b) {
    const Index size = a.size;
    const std::vector<double> fa = factor(a.covariance, size), fb = factor(b.covariance, size);
    std::vector<double> product(fa.size());
    for (Index i = 0; i < size; ++i) {
        for (Index j = 0; j < size; ++j) {
            double sum = 0;
            for (Index k = 0; k < size; ++k) sum += fa[i * size + k] * fb[j * size + k];
            product[i * size + j] = sum;
        }
    }
    orthogonalise_rows(product, size);
    double sum = 0;
    for (const double singular_value : row_lengths(product, size)) sum += singular_value;
    return sum;
}

}  // namespace

FeatureStatistics feature_statistics(std::span<const float> features, Index size) {
    require(size >= 1 && static_cast<Index>(features.size()) % size == 0,
            "[feature_statistics] expected vectors of {} features, got {} numbers", size, features.size());
    FeatureStatistics result;
    result.count = static_cast<Index>(features.size()) / size;
    result.size = size;
    require(result.count >= 2, "[feature_statistics] a covariance needs at least two vectors, got {}", result.count);

    result.mean.assign(static_cast<std::size_t>(size), 0);
    for (Index row = 0; row < result.count; ++row) {
        for (Index i = 0; i < size; ++i) result.mean[i] += features[row * size + i];
    }
    for (double& value : result.mean) value /= static_cast<double>(result.count);

    result.covariance.assign(static_cast<std::size_t>(size * size), 0);
    std::vector<double> centred(static_cast<std::size_t>(size));
    for (Index row = 0; row < result.count; ++row) {
        for (Index i = 0; i < size; ++i) centred[i] = features[row * size + i] - result.mean[i];
        for (Index i = 0; i < size; ++i) {
            double* const products = &result.covariance[i * size];
            for (Index j = i; j < size; ++j) products[j] += centred[i] * centred[j];
        }
    }
    for (Index i = 0; i < size; ++i) {
        for (Index j = i; j < size; ++j) {
            double& above = result.covariance[i * size + j];
            above /= static_cast<double>(result.count - 1);
            result.covariance[j * size + i] = above;
        }
    }
    return result;
}

double frechet_distance(const FeatureStatistics& a, const FeatureStatistics& b) {
    require(a.size == b.size, "[frechet_distance] expected features of one size, got {} and {}", a.size, b.size);
    double between_means = 0;
    for (Index i = 0; i < a.size; ++i) between_means += (a.mean[i] - b.mean[i]) * (a.mean[i] - b.mean[i]);
    const double distance = between_means + trace(a) + trace(b) - 2 * trace_of_root(a, b);
    return distance <= 0 ? 0 : distance;  // rounding can leave less than nothing; NaN stays what it is
}

}  // namespace sinter
