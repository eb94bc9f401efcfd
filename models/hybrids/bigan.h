// Bidirectional GANs (Donahue et al., arXiv:1605.09782; Dumoulin et al., arXiv:1606.00704): a generator, an encoder
// that learns to be its inverse, and a discriminator of pairs. No loss compares an image with its reconstruction.
//
//     z -> generator -> G(z)      image x -> encoder -> E(x)
//     (x, E(x)) or (G(z), z) -> features of the image beside features of the code -> joint layers -> one logit
#pragma once

#include "core/names.h"
#include "core/nn/layers.h"
#include "core/random.h"

namespace sinter {

enum class BiGanArchitecture {
    mlp,  ///< the authors' for permutation-invariant MNIST: two hidden layers a network, without gains or biases
    conv  ///< a DCGAN's networks (models/gan/dcgan.h); the discriminator's joint layers are dense
};

inline constexpr Named<BiGanArchitecture> kBiGanArchitectures[] = {{"mlp", BiGanArchitecture::mlp, "linear layers"},
                                                                   {"conv", BiGanArchitecture::conv, "convolutions"}};

/// What the encoder gives, and so which codes the generator learns to take.
enum class BiGanEncoder {
    deterministic,  ///< one code of an image, within +-1; codes are uniform there (Donahue et al.)
    stochastic      ///< mean and log variance of a normal distribution; codes are standard normal (Dumoulin et al.)
};

inline constexpr Named<BiGanEncoder> kBiGanEncoders[] = {
    {"deterministic", BiGanEncoder::deterministic, "codes uniform in +-1"},
    {"stochastic", BiGanEncoder::stochastic, "a normal distribution each, codes standard normal"}};

/// Throws UsageError for images of a size that the architecture does not make.
void require_image_size(BiGanArchitecture architecture, Index size);

struct BiGanOptions {
    BiGanArchitecture architecture = BiGanArchitecture::mlp;
    BiGanEncoder encoder = BiGanEncoder::deterministic;
    Index size = 28;  ///< of the square images: one of kDcganSizes for conv, any for mlp
    Index channels = 1;
    Index latent = 50;
    Index base_width = 64;  ///< scales every hidden layer; those of mlp have 16 times as many units
};

/// The networks. Generator and encoder are one module, for the optimizer that they share; the discriminator is another.
/// Images are in [0, 1]. In evaluation mode batch normalisation takes its running statistics.
class BiGan {
public:
    /// Draws the weights of the generator, the encoder and the discriminator, in this order, from `init`. `noise` gives
    /// the dropout masks of a discriminator that has dropout; it must outlive the networks. Throws UsageError for sizes
    /// that the architecture does not have.
    BiGan(const BiGanOptions& options, Generator& init, Generator& noise);

    const BiGanOptions& options() const { return options_; }
    Module& generator_and_encoder() { return pair_; }
    Module& generator() { return pair_.generator; }
    Module& encoder() { return pair_.encoder; }
    Module& discriminator() { return discriminator_; }

    /// Codes [count, latent] of no image; takes one draw from `noise`.
    Tensor draw_codes(Index count, Generator& noise) const;
    /// Images [batch, size, size, channels] of codes [batch, latent].
    Tensor generate(const Tensor& z);
    /// The code of each image: E(x), or the mean of its distribution.
    Tensor encode(const Tensor& images);
    /// The same before a deterministic encoder's is brought within +-1: what codes are compared by, since near the
    /// bounds they hardly differ any more.
    Tensor unbounded_codes(const Tensor& images);
    /// The codes that the discriminator sees beside images: E(x), or a sample of each distribution, which takes one
    /// draw from `noise`. First derivatives only where it is a sample.
    Tensor infer(const Tensor& images, Generator& noise);
    /// What the last layer of the encoder sees: [batch, features].
    Tensor features(const Tensor& images);
    /// Logits [batch, 1] of pairs: above 0 means a real image with its code, below 0 a code with its image.
    Tensor discriminate(const Tensor& images, const Tensor& codes);

private:
    Tensor encoder_output(const Tensor& images);
    void require_images(const Tensor& images) const;
    void require_codes(const Tensor& codes) const;

    struct GeneratorNetwork final : Module {
        GeneratorNetwork(const BiGanOptions& options, Generator& init);
        Sequential first;   ///< of mlp: its output stands beside z before the next layers; else without layers
        Sequential layers;  ///< the rest
    };
    struct EncoderNetwork final : Module {
        EncoderNetwork(const BiGanOptions& options, Generator& init);
        Sequential features;
        std::unique_ptr<Linear> heads;
    };
    struct Pair final : Module {
        Pair(const BiGanOptions& options, Generator& init);
        GeneratorNetwork generator;
        EncoderNetwork encoder;
    };
    struct DiscriminatorNetwork final : Module {
        DiscriminatorNetwork(const BiGanOptions& options, Generator& init, Generator& noise);
        Sequential images, codes, joint;
    };

    BiGanOptions options_;
    Pair pair_;
    DiscriminatorNetwork discriminator_;
};

}  // namespace sinter
