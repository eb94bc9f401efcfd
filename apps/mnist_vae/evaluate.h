// The test loss of a VAE: after the epochs of its training, and of a checkpoint (--evaluate).
#pragma once

#include <cstdint>

#include "apps/mnist_vae/options.h"
#include "apps/training/means.h"
#include "core/data/loader.h"
#include "core/error.h"
#include "models/vae.h"

namespace sinter {

/// Images to evaluate at a time.
Index evaluation_batch(const VaeOptions& model);

/// The means of "loss", "recon" and "kl" in nats per image over the images of `batches`, with noise that depends on
/// seed and epoch alone.
Means evaluate(Vae& vae, Loader& batches, std::uint64_t seed, std::int64_t epoch);

/// How many latent units say something about the first `images` images (Burda et al., arXiv:1509.00519).
double count_active_units(Vae& vae, Loader& batches, Index images);

/// --evaluate: the losses of a checkpoint on test images fitted to its model, as a line of JSON on stdout; with --out,
/// its pictures there. Throws DataError where the checkpoint is damaged or of another model, or the data has other
/// classes.
ExitCode evaluate_checkpoint(const OptionList& list, const MnistVaeOptions& options);

}  // namespace sinter
