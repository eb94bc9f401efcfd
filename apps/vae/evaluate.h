// How good a VAE is on test images: while it is trained, and of a checkpoint.
#pragma once

#include <cstdint>

#include "apps/training/means.h"
#include "core/data/loader.h"
#include "models/vae/vae.h"

namespace sinter {

/// Images to evaluate at a time.
Index evaluation_batch(const VaeOptions& model);

/// The means of "loss", "recon" and "kl" in nats per image over the images of `batches`, with noise that depends on
/// seed and epoch alone.
Means evaluate(Vae& vae, Loader& batches, std::uint64_t seed, std::int64_t epoch);

/// How many latent units say something about the first `images` images (Burda et al., arXiv:1509.00519).
double count_active_units(Vae& vae, Loader& batches, Index images);

}  // namespace sinter
