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

/// Samples of the posterior of each image, with the part of their weights that does not depend on the decoder.
struct ImportanceSamples {
    Tensor z;          ///< [images * samples, latent]: all samples of an image in turn
    Tensor log_ratio;  ///< [images * samples]: log p(z) - log q(z | x)
};
/// Samples [first, first + samples) of every image of heads [images, 2 latent]. Not on the tape. The numbers of image b
/// are those of the generator's step + b, so the same image gives the same samples in any batch: start_step() with the
/// number of the first. Throws UsageError where the draw of an image would be longer than a draw can be. See
/// kernels/vae.h.
ImportanceSamples importance_samples(const Tensor& heads, Index first, Index samples, Generator& generator);

}  // namespace sinter
