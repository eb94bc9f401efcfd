// A VAE and a GAN that share a network (VAE-GAN; Larsen et al., arXiv:1512.09300): the decoder is the generator, and a
// hidden layer of the discriminator says how near a reconstruction is to its original.
//
//     image x -> encoder -> heads (mu | log sigma^2) -> z = mu + sigma eps -> generator -> reconstruction x~
//                                                       z_p from N(0, I)   -> generator -> sample x_p
//     x, x~, x_p -> discriminator -> features of a stage, one logit
#pragma once

#include "models/gan/gan.h"
#include "models/gan/image_encoder.h"

namespace sinter {

struct VaeGanOptions {
    /// Of all three networks; the encoder mirrors the generator. Dropout is left out: its masks would make the
    /// features of equal images differ.
    GanOptions networks = {.latent = 20, .discriminator_norm = DiscriminatorNorm::layer};
    Index feature_layer = 0;  ///< the stage of the discriminator that compares reconstructions, from 1; 0: the last
};

class VaeGan {
public:
    /// Draws the weights of the encoder, then those of Gan, from `init`, and lives on its device. Throws UsageError for
    /// sizes that the architecture does not have, and a feature layer that the discriminator does not have.
    VaeGan(const VaeGanOptions& options, Generator& init);

    const VaeGanOptions& options() const { return options_; }
    Module& encoder() { return encoder_; }
    /// Generator and discriminator.
    Gan& gan() { return gan_; }

    // Images are [batch, size, size, channels] in [-1, 1]; a conditional model takes a label with each.

    /// The posterior of images, [batch, 2 latent]: mu, then log sigma^2.
    Tensor heads(const Tensor& images, const Buffer<std::int32_t>& labels = {});
    /// mu of images: [batch, latent]
    Tensor encode(const Tensor& images, const Buffer<std::int32_t>& labels = {});
    /// What the layer sees that gives the posterior: [batch, features]
    Tensor features(const Tensor& images) { return encoder_.features(images); }
    /// The images that the generator makes of these codes.
    Tensor reconstruct(const Tensor& images, const Buffer<std::int32_t>& labels = {});
    /// The discriminator's logits, and its features of options().feature_layer.
    Gan::Judgement judge(const Tensor& images, const Buffer<std::int32_t>& labels = {});

private:
    VaeGanOptions options_;
    ImageEncoder encoder_;
    Gan gan_;
};

}  // namespace sinter
