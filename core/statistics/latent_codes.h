// What the codes of a VAE carry: which units are used, and how much of the rate tells images apart. All in nats, in
// double, on the host.
//
// Heads are those of a Gaussian encoder, [images, 2 latent]: mu, then log sigma^2, which counts within
// +-kernels::kLogVarianceLimit.
#pragma once

#include <span>
#include <vector>

#include "core/shape.h"

namespace sinter {

/// A unit is active if the variance of its mean over the images is above this (Burda, Grosse & Salakhutdinov,
/// arXiv:1509.00519, section 5.2).
inline constexpr double kActiveVariance = 0.01;

struct LatentUnits {
    std::vector<double> mean_variance;  ///< of each unit: the variance of mu over the images, divided by their number
    std::vector<double> kl;             ///< of each unit: the mean over the images of its KL divergence from N(0, 1)
    Index active = 0;                   ///< units above kActiveVariance

    /// The mean KL divergence of q(z | x) from the prior: the sum over the units.
    double rate() const;
};
/// Throws UsageError unless there is a whole number of rows, one at least.
LatentUnits latent_units(std::span<const float> heads, Index latent);

/// KL(q(z | x) || p(z)), averaged, is the mutual information of images and codes plus KL(q(z) || p(z)), where q(z) is
/// the mean of q(z | x) over the images (Hoffman & Johnson, 2016).
struct RateSplit {
    double rate = 0;                ///< analytic
    double mutual_information = 0;  ///< at most the logarithm of the number of images
    double marginal_kl = 0;         ///< rate - mutual information
};
/// The mutual information is the mean of log q(z | x) - log q(z) at one sample z [images, latent] of each image, with
/// q(z) over all of these images: images^2 pairs, in blocks, on so many threads, with the same bits for any number.
/// 10,000 images of 20 units take a second or two. Throws UsageError where the sizes do not fit.
RateSplit split_rate(std::span<const float> heads, std::span<const float> z, Index latent, int threads);

}  // namespace sinter
