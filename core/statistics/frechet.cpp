#include "core/statistics/frechet.h"

#include <Eigen/Eigenvalues>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/check.h"
#include "core/statistics/moments.h"
#include "core/statistics/random_order.h"

namespace sinter {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixView = Eigen::Map<const Matrix>;
using VectorView = Eigen::Map<const Eigen::VectorXd>;

MatrixView covariance_of(const FeatureStatistics& statistics) {
    return {statistics.covariance.data(), statistics.size, statistics.size};
}
VectorView mean_of(const FeatureStatistics& statistics) { return {statistics.mean.data(), statistics.size}; }

/// F [size, size] with F^T F = C: row i is sqrt(lambda_i) v_i^T.
Eigen::MatrixXd factor(const MatrixView& covariance) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(covariance);
    // Rounding may leave a trace of an eigenvalue of 0. Its square root would be a hundred million times larger.
    const double rounding = eigen.eigenvalues().cwiseAbs().maxCoeff() * static_cast<double>(covariance.rows()) *
                            std::numeric_limits<double>::epsilon();
    const Eigen::VectorXd roots = (eigen.eigenvalues().array() > rounding).select(eigen.eigenvalues(), 0).cwiseSqrt();
    return roots.asDiagonal() * eigen.eigenvectors().transpose();
}

/// tr (C_a C_b)^{1/2}. With C = F^T F the eigenvalues of C_a C_b are those of (F_a F_b^T)(F_a F_b^T)^T, so their square
/// roots are the singular values of F_a F_b^T.
double trace_of_root(const FeatureStatistics& a, const FeatureStatistics& b) {
    const Eigen::MatrixXd product = factor(covariance_of(a)) * factor(covariance_of(b)).transpose();
    return Eigen::BDCSVD<Eigen::MatrixXd>(product).singularValues().sum();
}

/// The same by the eigenvalues of F_a C_b F_a^T, which are the squares of those singular values: half of the digits,
/// for a fraction of the time.
double trace_of_root_by_eigenvalues(const FeatureStatistics& a, const FeatureStatistics& b) {
    const Eigen::MatrixXd root = factor(covariance_of(a)), product = root * covariance_of(b) * root.transpose();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(product, Eigen::EigenvaluesOnly);
    return eigen.eigenvalues().cwiseMax(0).cwiseSqrt().sum();
}

bool is_finite(const FeatureStatistics& statistics) {
    return covariance_of(statistics).allFinite() && mean_of(statistics).allFinite();
}

void require_whole_vectors(std::span<const float> features, Index size) {
    require(size >= 1 && static_cast<Index>(features.size()) % size == 0,
            "[feature_statistics] expected vectors of {} features, got {} numbers", size, features.size());
}

/// The distance, given tr (C_a C_b)^{1/2}. Rounding can leave less than nothing; NaN stays what it is.
double distance_with(const FeatureStatistics& a, const FeatureStatistics& b, double root_trace) {
    return std::max(
        (mean_of(a) - mean_of(b)).squaredNorm() + covariance_of(a).trace() + covariance_of(b).trace() - 2 * root_trace,
        0.0);
}

double distance_by_eigenvalues(const FeatureStatistics& a, const FeatureStatistics& b) {
    return distance_with(a, b, trace_of_root_by_eigenvalues(a, b));
}

constexpr Index kParts = 10;  // of the jackknife

/// The statistics of each tenth of the vectors, in an order that `seed` draws: images may come sorted, or their classes
/// in turn, and a tenth is to be like the whole.
std::vector<FeatureStatistics> statistics_of_parts(std::span<const float> vectors, Index size, std::uint64_t seed) {
    const Index count = static_cast<Index>(vectors.size()) / size;
    const std::vector<Index> order = random_order(count, seed);
    std::vector<FeatureStatistics> parts;
    for (Index part = 0; part < kParts; ++part) {
        std::vector<float> chosen;
        for (Index place = part * count / kParts; place < (part + 1) * count / kParts; ++place) {
            const auto vector = vectors.subspan(static_cast<std::size_t>(order[static_cast<std::size_t>(place)] * size),
                                                static_cast<std::size_t>(size));
            chosen.insert(chosen.end(), vector.begin(), vector.end());
        }
        parts.push_back(feature_statistics(chosen, size));
    }
    return parts;
}

/// All parts but `left_out`; all of them for -1.
FeatureStatistics merge_parts(const std::vector<FeatureStatistics>& parts, Index left_out) {
    FeatureStatistics all;
    all.size = parts.front().size;
    for (Index part = 0; part < kParts; ++part) {
        if (part == left_out) continue;
        const FeatureStatistics& next = parts[static_cast<std::size_t>(part)];
        all = all.count == 0 ? next : merge(all, next);
    }
    return all;
}

}  // namespace

FeatureStatistics feature_statistics(std::span<const float> features, Index size) {
    require_whole_vectors(features, size);
    FeatureStatistics result;
    result.count = static_cast<Index>(features.size()) / size;
    result.size = size;
    require(result.count >= 2, "[feature_statistics] a covariance needs at least two vectors, got {}", result.count);

    const Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> vectors(
        features.data(), result.count, size);
    Eigen::VectorXd mean = Eigen::VectorXd::Zero(size);
    for (Index row = 0; row < result.count; ++row) mean += vectors.row(row).transpose().cast<double>();
    mean /= static_cast<double>(result.count);

    // Blocks of centred vectors: a product of matrices sums their squares.
    constexpr Index kBlock = 256;
    Eigen::MatrixXd scatter = Eigen::MatrixXd::Zero(size, size);
    for (Index row = 0; row < result.count; row += kBlock) {
        const Index rows = std::min(kBlock, result.count - row);
        const Eigen::MatrixXd centred = vectors.middleRows(row, rows).cast<double>().rowwise() - mean.transpose();
        scatter.selfadjointView<Eigen::Lower>().rankUpdate(centred.transpose());
    }
    const Matrix covariance =
        Eigen::MatrixXd(scatter.selfadjointView<Eigen::Lower>()) / static_cast<double>(result.count - 1);
    result.mean.assign(mean.data(), mean.data() + size);
    result.covariance.assign(covariance.data(), covariance.data() + size * size);
    return result;
}

FeatureStatistics merge(const FeatureStatistics& a, const FeatureStatistics& b) {
    require(a.size == b.size, "[feature_statistics] expected features of one size, got {} and {}", a.size, b.size);
    const double count_a = static_cast<double>(a.count), count_b = static_cast<double>(b.count),
                 all = count_a + count_b;
    const Eigen::VectorXd apart = mean_of(b) - mean_of(a), mean = mean_of(a) + count_b / all * apart;
    const Matrix covariance = (covariance_of(a) * (count_a - 1) + covariance_of(b) * (count_b - 1) +
                               count_a * count_b / all * apart * apart.transpose()) /
                              (all - 1);
    FeatureStatistics result;
    result.count = a.count + b.count;
    result.size = a.size;
    result.mean.assign(mean.data(), mean.data() + a.size);
    result.covariance.assign(covariance.data(), covariance.data() + a.size * a.size);
    return result;
}

double frechet_distance(const FeatureStatistics& a, const FeatureStatistics& b) {
    require(a.size == b.size, "[frechet_distance] expected features of one size, got {} and {}", a.size, b.size);
    if (!is_finite(a) || !is_finite(b)) return std::numeric_limits<double>::quiet_NaN();
    return distance_with(a, b, trace_of_root(a, b));
}

FrechetDistance frechet_distance(std::span<const float> a, std::span<const float> b, Index size, std::uint64_t seed) {
    require_whole_vectors(a, size);
    require_whole_vectors(b, size);
    if (static_cast<Index>(std::min(a.size(), b.size())) < 2 * kParts * size) {
        return {frechet_distance(feature_statistics(a, size), feature_statistics(b, size)),
                std::numeric_limits<double>::quiet_NaN()};
    }
    const std::vector<FeatureStatistics> parts_a = statistics_of_parts(a, size, seed),
                                         parts_b = statistics_of_parts(b, size, seed);
    std::vector<double> without;
    for (Index part = 0; part < kParts; ++part)
        without.push_back(distance_by_eigenvalues(merge_parts(parts_a, part), merge_parts(parts_b, part)));
    return {frechet_distance(merge_parts(parts_a, -1), merge_parts(parts_b, -1)),
            deviation_of(without) * std::sqrt(kParts - 1)};
}

}  // namespace sinter
