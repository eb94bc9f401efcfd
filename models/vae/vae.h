// Variational autoencoders (Kingma & Welling, arXiv:1312.6114; beta: Higgins et al., 2017): dense as in PyTorch's
// example, convolutional as in Keras', or with a DCGAN's generator as decoder, each also conditional on a class (Sohn,
// Lee & Yan, 2015).
//
//     image -> features -> [dense, ReLU]... -> heads (mu | log sigma^2) -> z = mu + sigma eps -> decoder -> logits ->
//     image
//
// The features of the dense model are the pixels, those of the convolutional one come from convolutions of stride 2,
// which its decoder mirrors. A conditional model appends the label, one-hot, to the features and to z. The model of a
// DCGAN's form is two modules of models/gan instead: an ImageEncoder, and a GeneratorNetwork that gives logits and
// takes the label as generators do. It has batch normalisation, so that training and evaluation mode differ.
#pragma once

#include <optional>
#include <vector>

#include "core/buffer.h"
#include "core/names.h"
#include "core/nn/layers.h"
#include "core/random.h"
#include "models/gan/gan.h"
#include "models/gan/image_encoder.h"
#include "models/one_hot_labels.h"

namespace sinter {

enum class VaeArchitecture {
    dense,  ///< linear layers on the pixels, initialised like PyTorch's
    conv,   ///< (transposed) convolutions, initialised like Keras'; see vae_conv_widths()
    dcgan   ///< the decoder is a DCGAN's generator, the encoder its mirror; see dcgan_form()
};

enum class Likelihood {
    bernoulli,  ///< cross-entropy on logits; pixels are probabilities
    gaussian    ///< normal distributions of one variance; pixels are means through a sigmoid
};

/// The variance of Likelihood::gaussian, one for all pixels.
struct PixelVariance {
    /// A parameter of the model, log sigma^2, as in Dai & Wipf's (arXiv:1903.05789) and the sigma-VAE (Rybkin et al.,
    /// arXiv:2006.13202).
    bool is_learned = false;
    double value = 1;  ///< where it is not learned

    bool operator==(const PixelVariance&) const = default;
};

inline constexpr Named<VaeArchitecture> kVaeArchitectures[] = {
    {"dense", VaeArchitecture::dense, "PyTorch's example"},
    {"conv", VaeArchitecture::conv, "Keras' example"},
    {"dcgan", VaeArchitecture::dcgan, "a DCGAN's generator and its mirror"}};
inline constexpr Named<Likelihood> kLikelihoods[] = {{"bernoulli", Likelihood::bernoulli, "cross-entropy"},
                                                     {"gaussian", Likelihood::gaussian, "squared error"}};
/// Of the dense VAE's hidden layers.
inline constexpr Named<Activation> kVaeActivations[] = {{"relu", relu()},
                                                        {"leaky", {ActivationKind::leaky_relu, 0.01f}},
                                                        {"tanh", tanh()},
                                                        {"gelu", gelu()},
                                                        {"silu", silu()}};

/// The largest layer, latent code or side of an image that options and checkpoints may ask for.
inline constexpr Index kMaxVaeUnits = 1 << 20;

struct VaeOptions {
    VaeArchitecture architecture = VaeArchitecture::dense;
    Index height = 28, width = 28, channels = 1;  ///< of the images
    std::vector<Index> hidden = {400};            ///< dense: layers of the encoder, which the decoder mirrors
    Activation activation = relu();               ///< dense: of the hidden layers, from kVaeActivations
    Index base_width = 64;                        ///< dcgan: as GanOptions has it
    Index latent = 20;
    Index classes = 0;  ///< above 0: conditional
    Likelihood likelihood = Likelihood::bernoulli;
    PixelVariance variance = {};  ///< gaussian
};

/// Whether `hidden` shapes a VAE of this architecture.
bool takes_hidden(VaeArchitecture architecture);

/// Whether a VAE of the architecture normalises over a batch, which then needs two images or more.
bool has_batch_norm(VaeArchitecture architecture);

/// The DCGAN whose generator has the form of the decoder of VaeArchitecture::dcgan. Throws UsageError for images that
/// no DCGAN makes.
GanOptions dcgan_form(const VaeOptions& options);

/// The output channels of the convolutions for images of this size: 32, 64, 128, then 256 each, one for every halving
/// until no side is longer than 7 pixels. Keras' example on 28x28 has 32 and 64; 32x32 ends at 4x4x128, 64x64 at
/// 4x4x256. Throws UsageError where a side cannot be halved so often.
std::vector<Index> vae_conv_widths(Index height, Index width);

class Vae final : public Module {
public:
    /// Draws the weights from `init` and lives on its device. Throws UsageError for images that the architecture does
    /// not take.
    Vae(const VaeOptions& options, Generator& init);

    const VaeOptions& options() const { return options_; }

    /// Means over the batch, in nats per image, as tensors [1]. A Gaussian likelihood of a given variance leaves out
    /// its constant, so that unit variance is half the squared error. One of a learned variance is minus a log-density
    /// with all its constants. So that it is bounded, its images, of 8 bits, are dequantised first: (255 x + u) / 256,
    /// with u uniform in [0, 1), one draw of the noise.
    struct Losses {
        Tensor total;           ///< reconstruction + beta * kl: what is trained on
        Tensor negative_elbo;   ///< reconstruction + kl, whatever beta: minus the evidence lower bound; not on the tape
        Tensor reconstruction;  ///< minus the expected log-likelihood, one sample
        Tensor kl;              ///< KL(q(z|x) || N(0, I))
    };
    /// The loss of images [batch, height, width, channels] in [0, 1]. `beta` is a tensor [1], or undefined for 1; the
    /// noise is one draw. A conditional model needs a label in [0, classes) an image, others take none, here and below.
    Losses losses(const Tensor& images, Generator& noise, const Tensor& beta = {},
                  const Buffer<std::int32_t>& labels = {});

    /// The posterior of images, [batch, 2 latent]: mu, then log sigma^2.
    Tensor heads(const Tensor& images, const Buffer<std::int32_t>& labels = {});
    /// What the layer sees that gives it: [batch, features]
    Tensor features(const Tensor& images, const Buffer<std::int32_t>& labels = {});
    /// log p(x | z) of each row of z [rows, latent], in nats, with all constants: [rows]. Row r belongs to image
    /// r / (rows / images.size(0)); labels are those of the rows. Not on the tape.
    Tensor log_likelihoods(const Tensor& z, const Tensor& images, const Buffer<std::int32_t>& labels = {});
    /// log sigma^2 of the pixels under Likelihood::gaussian; waits for the device where it is learned.
    double log_variance() const;

    /// mu of images: [batch, latent]
    Tensor encode(const Tensor& images, const Buffer<std::int32_t>& labels = {});
    /// Images [batch, height, width, channels] in [0, 1] of latent codes z [batch, latent]
    Tensor decode(const Tensor& z, const Buffer<std::int32_t>& labels = {});

private:
    void build_dense(Generator& init);
    void build_conv(Generator& init);
    void build_dcgan(Generator& init);
    void require_images(const Tensor& images) const;
    Tensor encoder_input(const Tensor& images, const Buffer<std::int32_t>& labels);
    Tensor decoder_output(const Tensor& z, const Buffer<std::int32_t>& labels);
    bool learns_variance() const;
    Tensor reconstruction_loss(const Tensor& output, const Tensor& images) const;

    VaeOptions options_;
    Sequential features_, encoder_, decoder_;
    std::optional<ImageEncoder> image_encoder_;  ///< dcgan: in place of features and encoder
    std::optional<GeneratorNetwork> generator_;  ///< dcgan: the decoder
    Tensor log_variance_;                        ///< [1]; undefined unless it is learned
    OneHotLabels labels_;
};

}  // namespace sinter
