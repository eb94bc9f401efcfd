#include "core/statistics/gaussian_mixture.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/check.h"
#include "core/statistics/k_means.h"
#include "core/statistics/log_sum_exp.h"
#include "core/statistics/moments.h"
#include "kernels/likelihood.h"
#include "kernels/runtime/thread_pool.h"

namespace sinter {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixView = Eigen::Map<const Matrix>;
using VectorView = Eigen::Map<const Eigen::VectorXd>;
using FloatsView = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

constexpr Index kRowsOfTask = 512;  // a block of vectors, with their differences from a mean, stays in the cache
constexpr double kSumTolerance = 1e-9;

Index tasks_of(Index count) { return (count + kRowsOfTask - 1) / kRowsOfTask; }

/// Vectors [first, first + rows), in double.
Matrix block_of(std::span<const float> vectors, Index size, Index first, Index rows) {
    return FloatsView(vectors.data() + first * size, rows, size).cast<double>();
}

VectorView mean_of_component(const GaussianMixture& mixture, Index k) {
    return {mixture.means.data() + k * mixture.size, mixture.size};
}
MatrixView covariance_of(const GaussianMixture& mixture, Index k) {
    return {mixture.covariances.data() + k * mixture.size * mixture.size, mixture.size, mixture.size};
}

/// Throws UsageError where the covariance of a component has none.
Matrix cholesky_factor(const GaussianMixture& mixture, Index k) {
    const Eigen::LLT<Matrix> cholesky(covariance_of(mixture, k));
    // Eigen's decomposition fails at a pivot that is not positive, but not at one that is NaN.
    require(
        cholesky.info() == Eigen::Success && Matrix(cholesky.matrixL()).allFinite(),
        "[mixture] expected covariances that are positive definite, that of component {} is not; the vectors may be "
        "too large for the regularisation",
        k);
    return cholesky.matrixL();
}

Index count_vectors(std::span<const float> vectors, Index size) {
    require(size >= 1 && std::ssize(vectors) % size == 0, "[mixture] expected vectors of {} numbers, got {} numbers",
            size, vectors.size());
    return std::ssize(vectors) / size;
}

/// What the density of a component needs: log N(x) = constant - |L^-1 (x - mu)|^2 / 2, its weight included.
struct Component {
    Eigen::RowVectorXd mean;
    Matrix factor;
    double constant = 0;
};

std::vector<Component> prepare(const GaussianMixture& mixture) {
    std::vector<Component> components;
    for (Index k = 0; k < mixture.components; ++k) {
        Component component{mean_of_component(mixture, k).transpose(), cholesky_factor(mixture, k), 0};
        component.constant = std::log(mixture.weights[static_cast<std::size_t>(k)]) -
                             component.factor.diagonal().array().log().sum() -
                             0.5 * static_cast<double>(mixture.size) * kernels::kLogTwoPi;
        components.push_back(std::move(component));
    }
    return components;
}

/// The expectation: the log-density of each vector, and where `responsibilities` are wanted, [count, components], the
/// probability that it is of each component.
std::vector<double> expect(const GaussianMixture& mixture, std::span<const float> vectors, kernels::ThreadPool& pool,
                           std::vector<double>* responsibilities) {
    const Index count = count_vectors(vectors, mixture.size), size = mixture.size;
    const std::vector<Component> components = prepare(mixture);
    std::vector<double> densities(static_cast<std::size_t>(count));
    if (responsibilities) responsibilities->resize(static_cast<std::size_t>(count * mixture.components));
    pool.run(tasks_of(count), [&](std::int64_t task, int) {
        const Index first = task * kRowsOfTask, rows = std::min(kRowsOfTask, count - first);
        const Matrix x = block_of(vectors, size, first, rows);
        Matrix logs(rows, mixture.components);
        for (Index k = 0; k < mixture.components; ++k) {
            const Component& component = components[static_cast<std::size_t>(k)];
            const Eigen::MatrixXd whitened = component.factor.triangularView<Eigen::Lower>().solve(
                Eigen::MatrixXd((x.rowwise() - component.mean).transpose()));
            logs.col(k) = component.constant - 0.5 * whitened.colwise().squaredNorm().transpose().array();
        }
        for (Index row = 0; row < rows; ++row) {
            LogSumExp sum;
            for (Index k = 0; k < mixture.components; ++k) sum.add(logs(row, k));
            densities[static_cast<std::size_t>(first + row)] = sum.value();
            if (!responsibilities) continue;
            for (Index k = 0; k < mixture.components; ++k) {
                (*responsibilities)[static_cast<std::size_t>((first + row) * mixture.components + k)] =
                    std::exp(logs(row, k) - sum.value());
            }
        }
    });
    return densities;
}

/// The maximisation: each component by itself, over all vectors in their order. Means first, so that a small spread
/// beside a large mean keeps its digits.
void maximise(GaussianMixture& mixture, std::span<const float> vectors, std::span<const double> responsibilities,
              double regularisation, kernels::ThreadPool& pool) {
    const Index count = count_vectors(vectors, mixture.size), size = mixture.size;
    pool.run(mixture.components, [&](std::int64_t k, int) {
        const auto weights_of = [&](Index first, Index rows) {
            return Eigen::Map<const Eigen::VectorXd, 0, Eigen::InnerStride<>>(
                responsibilities.data() + first * mixture.components + k, rows,
                Eigen::InnerStride<>(mixture.components));
        };
        // A trace, so that a component which nothing belongs to is divided by something.
        double sum = 10 * std::numeric_limits<double>::epsilon();
        Eigen::VectorXd mean = Eigen::VectorXd::Zero(size);
        for (Index first = 0; first < count; first += kRowsOfTask) {
            const Index rows = std::min(kRowsOfTask, count - first);
            sum += weights_of(first, rows).sum();
            mean += block_of(vectors, size, first, rows).transpose() * weights_of(first, rows);
        }
        mean /= sum;
        Matrix covariance = Matrix::Zero(size, size);
        for (Index first = 0; first < count; first += kRowsOfTask) {
            const Index rows = std::min(kRowsOfTask, count - first);
            const Eigen::MatrixXd weighted = weights_of(first, rows).cwiseSqrt().asDiagonal() *
                                             (block_of(vectors, size, first, rows).rowwise() - mean.transpose());
            covariance.selfadjointView<Eigen::Lower>().rankUpdate(weighted.transpose());
        }
        covariance /= sum;
        covariance.diagonal().array() += regularisation;
        mixture.weights[static_cast<std::size_t>(k)] = sum;
        std::copy_n(mean.data(), size, mixture.means.data() + k * size);
        Eigen::Map<Matrix>(mixture.covariances.data() + k * size * size, size, size) =
            covariance.selfadjointView<Eigen::Lower>();
    });
    const double total = std::accumulate(mixture.weights.begin(), mixture.weights.end(), 0.0);
    for (double& weight : mixture.weights) weight /= total;
}

MixtureFit take_steps(GaussianMixture start, std::span<const float> vectors, const MixtureOptions& options,
                      kernels::ThreadPool& pool) {
    MixtureFit fit{std::move(start), {}, false};
    std::vector<double> responsibilities;
    while (!fit.has_converged && std::ssize(fit.scores) < options.most_steps) {
        const double score = mean_of(expect(fit.mixture, vectors, pool, &responsibilities));
        fit.has_converged = !fit.scores.empty() && std::abs(score - fit.scores.back()) < options.tolerance;
        fit.scores.push_back(score);
        maximise(fit.mixture, vectors, responsibilities, options.regularisation, pool);
    }
    return fit;
}

void require_finite(std::span<const float> vectors) {
    require(std::all_of(vectors.begin(), vectors.end(), [](float value) { return std::isfinite(value); }),
            "[mixture] expected finite vectors, got NaN or infinity");
}

}  // namespace

void check_mixture(const GaussianMixture& mixture) {
    const Index k = mixture.components, size = mixture.size;
    require(k >= 1 && size >= 1 && std::ssize(mixture.weights) == k && std::ssize(mixture.means) == k * size &&
                std::ssize(mixture.covariances) == k * size * size,
            "[mixture] expected weights, means and covariances of {} components of vectors of {}, got {}, {} and {} "
            "numbers",
            k, size, mixture.weights.size(), mixture.means.size(), mixture.covariances.size());
    for (const std::vector<double>* values : {&mixture.weights, &mixture.means, &mixture.covariances}) {
        require(std::all_of(values->begin(), values->end(), [](double value) { return std::isfinite(value); }),
                "[mixture] expected finite numbers, got NaN or infinity");
    }
    const double total = std::accumulate(mixture.weights.begin(), mixture.weights.end(), 0.0);
    require(std::all_of(mixture.weights.begin(), mixture.weights.end(), [](double weight) { return weight >= 0; }) &&
                std::abs(total - 1) <= kSumTolerance,
            "[mixture] expected weights of at least 0 whose sum is 1, got a sum of {}", total);
    for (Index component = 0; component < k; ++component) cholesky_factor(mixture, component);
}

MixtureFit fit_mixture(std::span<const float> vectors, Index size, const MixtureOptions& options, int threads) {
    const Index count = count_vectors(vectors, size), k = options.components;
    require(k >= 1 && count >= k, "[mixture] expected {} vectors at least, one for each component, got {}",
            std::max<Index>(k, 1), count);
    require_finite(vectors);
    kernels::ThreadPool pool(threads);
    const std::vector<Index> clusters = k_means(vectors, size, k, options.seed, pool);
    std::vector<double> responsibilities(static_cast<std::size_t>(count * k));
    for (Index i = 0; i < count; ++i)
        responsibilities[static_cast<std::size_t>(i * k + clusters[static_cast<std::size_t>(i)])] = 1;
    GaussianMixture start;
    start.components = k;
    start.size = size;
    start.weights.resize(static_cast<std::size_t>(k));
    start.means.resize(static_cast<std::size_t>(k * size));
    start.covariances.resize(static_cast<std::size_t>(k * size * size));
    maximise(start, vectors, responsibilities, options.regularisation, pool);
    return take_steps(std::move(start), vectors, options, pool);
}

MixtureFit improve_mixture(const GaussianMixture& start, std::span<const float> vectors, const MixtureOptions& options,
                           int threads) {
    check_mixture(start);
    const Index count = count_vectors(vectors, start.size);
    require(count >= start.components, "[mixture] expected {} vectors at least, one for each component, got {}",
            start.components, count);
    require_finite(vectors);
    kernels::ThreadPool pool(threads);
    return take_steps(start, vectors, options, pool);
}

std::vector<double> log_densities(const GaussianMixture& mixture, std::span<const float> vectors, int threads) {
    check_mixture(mixture);
    kernels::ThreadPool pool(threads);
    return expect(mixture, vectors, pool, nullptr);
}

MixtureSampler::MixtureSampler(const GaussianMixture& mixture) : mixture_(mixture) {
    check_mixture(mixture);
    for (Index k = 0; k < mixture.components; ++k) {
        const Matrix factor = cholesky_factor(mixture, k);
        factors_.insert(factors_.end(), factor.data(), factor.data() + factor.size());
    }
}

void MixtureSampler::draw(std::span<float> to, double uniform, std::span<const float> normal) const {
    require(std::ssize(to) == size() && std::ssize(normal) == size(),
            "[mixture] expected {} normal numbers for a vector of as many, got {} for {}", size(), normal.size(),
            to.size());
    // Rounding may leave the sum of the weights below the number: then it is the last component that has a weight.
    Index chosen = 0;
    double below = 0;
    for (Index k = 0; k < mixture_.components; ++k) {
        const double weight = mixture_.weights[static_cast<std::size_t>(k)];
        if (weight > 0) chosen = k;
        below += weight;
        if (uniform < below) break;
    }
    const MatrixView factor(factors_.data() + chosen * size() * size(), size(), size());
    const Eigen::VectorXd n = Eigen::Map<const Eigen::VectorXf>(normal.data(), size()).cast<double>();
    Eigen::Map<Eigen::VectorXf>(to.data(), size()) =
        (mean_of_component(mixture_, chosen) + factor.triangularView<Eigen::Lower>() * n).cast<float>();
}

}  // namespace sinter
