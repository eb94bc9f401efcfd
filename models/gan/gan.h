// Generative adversarial networks (Goodfellow et al., arXiv:1406.2661): a generator and a discriminator, built by
// architecture (models/gan/dcgan.h, models/gan/dense_gan.h). Where there are classes both are conditional on a label.
//
//     z (and the embedding of a label) -> generator -> image
//     image -> features -> one logit (+ <features, embedding of a label>)
#pragma once

#include <memory>
#include <optional>

#include "core/names.h"
#include "core/nn/layers.h"
#include "core/random.h"
#include "models/gan/discriminator_norm.h"

namespace sinter {

enum class GanArchitecture {
    dcgan,  ///< convolutions, models/gan/dcgan.h
    dense   ///< linear layers on the pixels, models/gan/dense_gan.h
};

inline constexpr Named<GanArchitecture> kGanArchitectures[] = {{"dcgan", GanArchitecture::dcgan, "convolutions"},
                                                               {"dense", GanArchitecture::dense}};

/// Throws UsageError for images of a size that the architecture does not make.
void require_image_size(GanArchitecture architecture, Index size);

/// Whether a network of the architecture normalises over a batch, which then needs two images or more.
bool has_batch_norm(GanArchitecture architecture);

/// The norm that a discriminator of the architecture was published with, for images of this size.
DiscriminatorNorm published_norm(GanArchitecture architecture, Index size);

/// Of `latent` and `base_width`, in options and checkpoints.
inline constexpr Index kMaxGanLatent = 1 << 16, kMaxGanWidth = 1 << 12;

struct GanOptions {
    GanArchitecture architecture = GanArchitecture::dcgan;
    Index size = 28;  ///< of the square images: one of kDcganSizes for dcgan, any for dense
    Index channels = 1;
    Index latent = 100;
    Index base_width = 64;  ///< scales every hidden layer; of dcgan, the channels of the largest hidden images
    Index classes = 0;      ///< more than 0: conditional on a label below it
    DiscriminatorNorm discriminator_norm = DiscriminatorNorm::batch;  ///< none where published_norm() is not batch
    bool dropout = true;  ///< in the discriminators that were published with it, those of 28 pixels
};

/// The way from latent codes to images: a GAN's generator, and the decoder of a VAE that has its form. Where there are
/// classes it takes a learned embedding of the label beside z (Mirza & Osindero, arXiv:1411.1784).
class GeneratorNetwork final : public Module {
public:
    /// `output`: what makes pixels of the last layer's numbers; tanh in a GAN, identity where these are logits. Weights
    /// are drawn from `init`, those of the embedding as `label_init` says. Throws UsageError for sizes that the
    /// architecture does not have.
    GeneratorNetwork(const GanOptions& options, Activation output, Generator& init, const Initialiser& label_init);

    /// Images [batch, size, size, channels] of codes [batch, latent] and, if there are classes, a label each.
    Tensor forward(const Tensor& z, const Buffer<std::int32_t>& labels = {});

private:
    GanOptions options_;
    std::optional<Embedding> label_;
    Sequential layers_;
};

/// The last layer of a discriminator.
struct LogitLayer {
    std::unique_ptr<Layer> layer;  ///< one logit of the features of each image
    FlattenedImage features;       ///< their sizes; 1x1 pixel where they are no image
};

/// The two networks of a GAN. They are separate modules, each for an optimizer of its own.
///
/// A conditional discriminator adds the inner product of its features and an embedding of the label to its logit: the
/// projection discriminator (Miyato & Koyama, arXiv:1802.05637), without their pooling of the features and their
/// spectral normalisation of the embedding.
class Gan {
public:
    /// Draws the weights of the generator, then of the discriminator, from `init`. `noise` gives the dropout masks of
    /// a discriminator that has dropout; it must outlive the networks. Throws UsageError for sizes that the
    /// architecture does not have.
    Gan(const GanOptions& options, Generator& init, Generator& noise);

    const GanOptions& options() const { return options_; }
    Module& generator() { return generator_; }
    Module& discriminator() { return discriminator_; }

    /// Images [batch, size, size, channels] in [-1, 1] of latent codes [batch, latent] and, if there are classes, a
    /// label each.
    Tensor generate(const Tensor& z, const Buffer<std::int32_t>& labels = {});
    /// Logits [batch, 1] of images and, if there are classes, their labels: above 0 means real.
    Tensor discriminate(const Tensor& images, const Buffer<std::int32_t>& labels = {});

    /// Stages of the discriminator's features: one for each hidden layer with its norm and activation.
    Index feature_stages() const { return discriminator_.features.stages(); }
    struct Judgement {
        Tensor logits;    ///< as discriminate() gives them
        Tensor features;  ///< what a stage gives, a row or an image for each image
    };
    /// The logits and, from the same pass, the features of `stage`, counted from 1. Throws UsageError where there is no
    /// such stage.
    Judgement judge(const Tensor& images, Index stage, const Buffer<std::int32_t>& labels = {});

private:
    void require_images(const Tensor& images, const Buffer<std::int32_t>& labels) const;
    Tensor logits_of(const Tensor& features, const Buffer<std::int32_t>& labels);

    struct DiscriminatorNetwork final : Module {
        DiscriminatorNetwork(const GanOptions& options, Generator& init, Generator& noise);
        Sequential features;
        LogitLayer logit;
        std::optional<Embedding> projection;
    };

    GanOptions options_;
    GeneratorNetwork generator_;
    DiscriminatorNetwork discriminator_;
};

}  // namespace sinter
