// The variational bottleneck on the tape.
#pragma once

#include "core/random.h"
#include "core/tensor.h"

namespace sinter {

/// The reparameterised sample of the variational bottleneck and its KL divergence from the standard normal, fused:
/// heads [batch, 2 latent] holds mu, then log sigma^2.
struct LatentSample {
    Tensor z;   ///< [batch, latent]
    Tensor kl;  ///< [1]: mean over the batch of the KL divergence, summed over the latent units, in nats
};
/// First derivatives only. See kernels/vae.h.
LatentSample reparameterise_kl(const Tensor& heads, Generator& generator);

}  // namespace sinter
