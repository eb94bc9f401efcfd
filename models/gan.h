// Generative adversarial networks (Goodfellow et al., arXiv:1406.2661): a generator and a discriminator, built by
// architecture (models/dcgan.h, models/dense_gan.h).
//
//     z -> generator -> image
//     image -> features -> one logit
#pragma once

#include <memory>
#include <string>

#include "core/nn/layers.h"
#include "core/random.h"

namespace sinter {

struct GanOptions {
    std::string arch = "dcgan";  ///< or "dense"
    Index size = 28;             ///< of the square images: 28, 32 or 64 for dcgan, any for dense
    Index channels = 1;
    Index latent = 100;
    Index base_width = 64;  ///< scales every hidden layer; of dcgan, the channels of the largest hidden images
};

/// The last layer of a discriminator.
struct LogitLayer {
    std::unique_ptr<Layer> layer;  ///< one logit of the features of each image
    Index features;                ///< their number
};

/// The two networks of a GAN. They are separate modules, each for an optimizer of its own.
class Gan {
public:
    /// Draws the weights of the generator, then of the discriminator, from `init`. `noise` gives the dropout masks of
    /// a discriminator that has dropout; it must outlive the networks. Throws UsageError for an unknown architecture
    /// and for sizes that it does not have.
    Gan(const GanOptions& options, Generator& init, Generator& noise);

    const GanOptions& options() const { return options_; }
    Module& generator() { return generator_; }
    Module& discriminator() { return discriminator_; }

    /// Images [batch, size, size, channels] in [-1, 1] of latent codes [batch, latent].
    Tensor generate(const Tensor& z);
    /// Logits [batch, 1] of images: above 0 means real.
    Tensor discriminate(const Tensor& images);

private:
    struct GeneratorNetwork final : Module {
        GeneratorNetwork(const GanOptions& options, Generator& init);
        Sequential layers;
    };
    struct DiscriminatorNetwork final : Module {
        DiscriminatorNetwork(const GanOptions& options, Generator& init, Generator& noise);
        Sequential features;
        LogitLayer logit;
    };

    GanOptions options_;
    GeneratorNetwork generator_;
    DiscriminatorNetwork discriminator_;
};

}  // namespace sinter
