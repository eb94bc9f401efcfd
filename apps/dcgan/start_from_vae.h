// --generator-from and --discriminator-from of dcgan: networks that start as those of a VAE.
#pragma once

#include "apps/dcgan/options.h"
#include "models/gan/gan.h"

namespace sinter {

/// Gives the options that follow from the VAEs of --generator-from and --discriminator-from their values: size,
/// channels, base width, and for a generator the size of the latent code and --conditional. Throws UsageError where
/// they are given otherwise, DataError where a file is no checkpoint of mnist_vae --arch dcgan. A resumed run has them
/// in its config.toml, and needs no file.
void follow_vae(const OptionList& list, DcganOptions& options);

/// Gives the networks of a run that begins the weights of those VAEs, and says which. Does nothing where the run goes
/// on from a checkpoint of its own. Throws DataError where a file is damaged, or a VAE knows other classes than the GAN
/// has, UsageError where nothing of the encoder fits the discriminator.
void start_from_vae(const DcganOptions& options, Gan& gan);

}  // namespace sinter
