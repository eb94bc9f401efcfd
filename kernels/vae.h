// The variational bottleneck: reparameterised sample and KL divergence, fused (Kingma & Welling, arXiv:1312.6114); and
// many samples of each posterior with their weights (Burda, Grosse & Salakhutdinov, arXiv:1509.00519).
#pragma once

#include "kernels/contract.h"
#include "kernels/random.h"

namespace sinter::kernels {

/// log sigma^2 is clamped to [-kLogVarianceLimit, kLogVarianceLimit]; its gradient is zero outside.
inline constexpr double kLogVarianceLimit = 20.0;

/// heads [batch, 2 latent] holds mu in its first latent columns and log sigma^2 in the rest.
struct LatentShape {
    Index batch = 0;
    Index latent = 0;
};

/// z[b, l] = mu + exp(logvar / 2) * eps[b * latent + l],   eps = random_normal(0, 1) at `noise`     [batch, latent]
/// kl[0]   = scale * sum over b, l of -1/2 (1 + logvar - mu^2 - e^logvar)
SINTER_KERNEL(reparameterise_kl_forward, Real* z, Real* kl, const Real* heads, LatentShape shape, double scale,
              const RandomAddress& noise);

/// dheads from dz [batch, latent] and dkl [1], with eps generated again:
///   dmu     = dz + dkl scale mu
///   dlogvar = dz eps exp(logvar / 2) / 2 + dkl scale (e^logvar - 1) / 2
SINTER_KERNEL(reparameterise_kl_backward, Real* dheads, const Real* dz, const Real* dkl, const Real* heads,
              LatentShape shape, double scale, const RandomAddress& noise);

/// Samples [first, first + samples) of the posterior of each image, where heads [images, 2 latent] are as above.
struct ImportanceShape {
    Index images = 0, samples = 0, latent = 0;
    Index first = 0;

    constexpr Index rows() const { return images * samples; }
    /// The numbers that the noise of a sample takes: whole Philox blocks, of which there is one at least.
    constexpr Index noise_stride() const { return latent <= 4 ? 4 : (latent + 3) / 4 * 4; }
};

/// Row b * samples + s is sample first + s of image b:
///   z[row, l]      = mu + exp(logvar / 2) * eps(l)                                                [rows, latent]
///   log_ratio[row] = log p(z) - log q(z | x) = 1/2 sum over l of (logvar + eps^2 - z^2)           [rows]
/// eps(l) is element (first + s) noise_stride + l of random_normal(0, 1) at `noise` in the step *noise.step + b. It
/// depends on the numbers of image and sample alone: neither on the images nor on the samples that are drawn with it.
SINTER_KERNEL(importance_samples, Real* z, Real* log_ratio, const Real* heads, ImportanceShape shape,
              const RandomAddress& noise);

}  // namespace sinter::kernels
