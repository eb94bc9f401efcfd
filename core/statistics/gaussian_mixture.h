// Mixtures of Gaussians with full covariances: the fit by expectation maximisation (Dempster, Laird & Rubin, 1977;
// Bishop, "Pattern Recognition and Machine Learning", section 9.2), densities, and draws. All in double, on the host.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/shape.h"

namespace sinter {

struct GaussianMixture {
    Index components = 0;
    Index size = 0;                   ///< of a vector
    std::vector<double> weights;      ///< [components], their sum is 1
    std::vector<double> means;        ///< [components, size]
    std::vector<double> covariances;  ///< [components, size, size]
};

/// Throws UsageError unless the arrays have the sizes that they should have, all is finite, weights are not negative
/// and their sum is 1, and every covariance has a Cholesky factor.
void check_mixture(const GaussianMixture& mixture);

/// The defaults are those of scikit-learn's GaussianMixture, except for more steps.
struct MixtureOptions {
    Index components = 10;
    double tolerance = 1e-3;       ///< the end: a step changes the mean log-density by less, in nats
    Index most_steps = 2000;       ///< as Ghosh et al. have it
    double regularisation = 1e-6;  ///< added to the diagonal of every covariance
    std::uint64_t seed = 1;        ///< of the start
};

struct MixtureFit {
    GaussianMixture mixture;
    std::vector<double> scores;  ///< the mean log-density of the vectors before each step, in nats: it never falls
    bool has_converged = false;
};

/// Fits a mixture to vectors [count, size]. It starts from the clusters of k-means (k-means++, then Lloyd's steps). A
/// component that collapses onto a point keeps the regularisation for a covariance. Work is cut by vectors and
/// components, never by threads: the bits are the same for any number of them. Throws UsageError where there are fewer
/// vectors than components, or one is not finite.
MixtureFit fit_mixture(std::span<const float> vectors, Index size, const MixtureOptions& options, int threads);

/// The same from a given mixture, whose number of components counts.
MixtureFit improve_mixture(const GaussianMixture& start, std::span<const float> vectors, const MixtureOptions& options,
                           int threads);

/// The log-density of each vector [count, size], in nats.
std::vector<double> log_densities(const GaussianMixture& mixture, std::span<const float> vectors, int threads);

/// Draws from a mixture, made of numbers that others draw.
class MixtureSampler {
public:
    /// Throws as check_mixture() does.
    explicit MixtureSampler(const GaussianMixture& mixture);

    Index size() const { return mixture_.size; }

    /// mu_k + L_k n with L_k L_k^T the covariance of component k, which the number `uniform` in [0, 1) chooses by the
    /// weights; `normal` are n, `size` standard normal numbers, as many as `to`.
    void draw(std::span<float> to, double uniform, std::span<const float> normal) const;

private:
    GaussianMixture mixture_;
    std::vector<double> factors_;  ///< L_k: [components, size, size]
};

}  // namespace sinter
