// The variational bottleneck: reparameterised sample and KL divergence, fused (Kingma & Welling, arXiv:1312.6114).
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

}  // namespace sinter::kernels
