// A trained model of any program as something that draws images: from the facts of its checkpoint alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/data/image_set.h"
#include "core/random.h"
#include "core/tensor.h"
#include "models/gan/gan.h"
#include "models/hybrids/bigan.h"
#include "models/hybrids/vae_gan.h"
#include "models/vae/code_prior.h"
#include "models/vae/vae.h"

namespace sinter {

/// What a generator draws.
struct GeneratedKind {
    std::string file;                           ///< the checkpoint
    std::string description;                    ///< "dense VAE of 28x28x1 images, conditional on 10 classes"
    Index height = 0, width = 0, channels = 0;  ///< of the images
    Index classes = 0;                          ///< more than 0: conditional on a label below it
    std::vector<std::string> class_names;       ///< by label, those of the data it was trained on, else numbers
};

class ImageGenerator {
public:
    virtual ~ImageGenerator() = default;
    ImageGenerator(const ImageGenerator&) = delete;
    ImageGenerator& operator=(const ImageGenerator&) = delete;

    const GeneratedKind& kind() const { return kind_; }

    /// Images batch * kSampleBatch and those after them, in evaluation mode: [kSampleBatch, height, width, channels] in
    /// [0, 1]. Which codes they have depends on the seed and the batch alone. `labels`: kSampleBatch of them where the
    /// model is conditional, else none. Throws UsageError for another number.
    Tensor draw(Index batch, const std::vector<std::int32_t>& labels);
    /// What the model makes of images [count, height, width, channels] in [0, 1], each from the mean of its code, in
    /// evaluation mode. `labels`: theirs, where the model is conditional, else none. Throws DataError for a model
    /// without an encoder.
    virtual Tensor rebuild(const Tensor& images, const std::vector<std::int32_t>& labels);

    /// Draws codes from another prior from now on; `words` say which, for descriptions. Throws UsageError where the
    /// model is no VAE.
    virtual void use_prior(CodePrior prior, const std::string& words);

protected:
    explicit ImageGenerator(GeneratedKind kind) : kind_(std::move(kind)) {}
    void add_to_description(const std::string& words) { kind_.description += words; }

private:
    virtual Tensor draw_batch(Index batch, const std::vector<std::int32_t>& labels) = 0;

    GeneratedKind kind_;
};

/// The generator of a checkpoint, or of the last one of a run's folder: a VAE and a BiGAN decode codes from their
/// prior, a GAN draws with the moving average of its generator where the file has one. Throws DataError where the file
/// is damaged or of a model that draws nothing.
std::unique_ptr<ImageGenerator> load_generator(const std::string& checkpoint, Device device, std::uint64_t seed);

/// The kind of model in a checkpoint, "vae" for instance. Throws DataError where it does not say.
std::string model_kind_of(const std::string& checkpoint);

/// The first `count` images of all classes in turn: those that --sample writes, as bytes; with their labels where the
/// model is conditional.
ImageSet draw_images(ImageGenerator& generator, Index count);

/// What the generator rebuilds of the images of a set, as bytes; with their labels where the model is conditional.
/// Throws DataError where it has no encoder, or needs labels that the set does not have.
ImageSet rebuild_images(ImageGenerator& generator, const ImageSet& images, Device device);

/// The kind of a model that draws images of the size of `like`.
GeneratedKind kind_of_images(const ImageSet& like, Index classes);

using Labels = std::vector<std::int32_t>;
/// Images batch * kSampleBatch and those after them, see ImageGenerator::draw().
using DrawBatch = std::function<Tensor(Index batch, const Labels& labels)>;
/// The same of what `draw` draws. `kind` says of what size and how many classes.
ImageSet draw_images(const GeneratedKind& kind, const DrawBatch& draw, Index count);

/// One batch of a model's images in evaluation mode, of codes from `codes` that the batch decides: what
/// load_generator() draws with.
Tensor draw_from_prior(Vae& vae, Generator& codes, Index batch, const std::vector<std::int32_t>& labels,
                       const CodePrior& prior = {});
Tensor draw_from_prior(Gan& gan, Generator& codes, Index batch, const std::vector<std::int32_t>& labels);
Tensor draw_from_prior(BiGan& bigan, Generator& codes, Index batch);

/// ImageGenerator::rebuild() of these models.
Tensor rebuild(Vae& vae, const Tensor& images, const std::vector<std::int32_t>& labels);
Tensor rebuild(VaeGan& model, const Tensor& images, const std::vector<std::int32_t>& labels);
Tensor rebuild(BiGan& bigan, const Tensor& images);

}  // namespace sinter
