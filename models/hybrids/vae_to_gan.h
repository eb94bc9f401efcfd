// From VAE to GAN: the decoder of a VAE of a DCGAN's form becomes the generator, its encoder starts the discriminator.
#pragma once

#include <string>
#include <vector>

#include "models/gan/gan.h"
#include "models/vae/vae.h"

namespace sinter {

/// Gives the generator the weights and running statistics of the VAE's decoder, whose logits l are halved on the way,
/// by halving the weights that make them: tanh(l / 2) = 2 sigmoid(l) - 1. Halving is exact, so in evaluation mode both
/// draw the same images of the same codes, up to the rounding of tanh and sigmoid. Throws UsageError for a VAE of
/// another architecture, or of another form than the generator has.
void start_generator(Gan& gan, const Vae& vae);

/// The arrays of a discriminator, by name.
struct StartedArrays {
    std::vector<std::string> taken, left;
};

/// Gives the discriminator the arrays of the VAE's encoder that have a counterpart of the same name and shape, and
/// says which these are. A weight under spectral normalisation is its own counterpart. Throws UsageError for a VAE of
/// another architecture.
StartedArrays start_discriminator(Gan& gan, const Vae& vae);

}  // namespace sinter
