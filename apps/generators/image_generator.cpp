#include "apps/generators/image_generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "apps/gan/drawing_gan.h"
#include "apps/generators/sampling.h"
#include "apps/training/pictures.h"
#include "apps/training/training_setup.h"
#include "core/check.h"
#include "core/data/describe.h"
#include "core/error.h"
#include "core/ops/arithmetic.h"
#include "core/ops/random.h"
#include "core/pictures/png.h"
#include "core/tape.h"
#include "core/train/run_folder.h"
#include "models/gan/gan_options.h"
#include "models/hybrids/bigan_options.h"
#include "models/hybrids/vae_gan_options.h"
#include "models/vae/vae_options.h"

namespace sinter {
namespace {

constexpr const char* kModel = "model";

/// What a model with these sizes draws. `name`: "dense VAE".
GeneratedKind kind_of(const CheckpointFacts& facts, const std::string& file, const std::string& name, Index height,
                      Index width, Index channels, Index classes) {
    GeneratedKind kind{
        file, fmt::format("{} of {}x{}x{} images", name, width, height, channels), height, width, channels, classes,
        {}};
    if (classes == 0) return kind;
    kind.description += fmt::format(", conditional on {} class{}", classes, classes == 1 ? "" : "es");
    kind.class_names = class_names_of(facts, file);
    if (kind.class_names.empty()) kind.class_names = numbered_classes(static_cast<int>(classes));
    if (std::ssize(kind.class_names) != classes) {
        throw DataError(fmt::format("{}: expected the names of the model's {} classes, found {}; the file is damaged",
                                    file, classes, kind.class_names.size()));
    }
    return kind;
}

/// Draws codes from a prior, which the decoder turns into images.
class VaeGenerator final : public ImageGenerator {
public:
    VaeGenerator(const CheckpointFacts& facts, const std::string& file, Device device, std::uint64_t seed)
        : VaeGenerator(load_vae(file, device), facts, file, device, seed) {}

    void use_prior(CodePrior prior, const std::string& words) override {
        prior_ = std::move(prior);
        add_to_description(fmt::format(", codes from {}", words));
    }

private:
    VaeGenerator(std::unique_ptr<Vae> vae, const CheckpointFacts& facts, const std::string& file, Device device,
                 std::uint64_t seed)
        : ImageGenerator(
              kind_of(facts, file, fmt::format("{} VAE", name_of(kVaeArchitectures, vae->options().architecture)),
                      vae->options().height, vae->options().width, vae->options().channels, vae->options().classes)),
          vae_(std::move(vae)),
          codes_(seed, device, draws::kPictures) {}

    Tensor rebuild(const Tensor& images, const std::vector<std::int32_t>& labels) override {
        return sinter::rebuild(*vae_, images, labels);
    }

    Tensor draw_batch(Index batch, const std::vector<std::int32_t>& labels) override {
        return draw_from_prior(*vae_, codes_, batch, labels, prior_);
    }

    std::unique_ptr<Vae> vae_;
    CodePrior prior_;
    Generator codes_;
};

/// `name`: "GAN", of whatever has the networks of one.
GeneratedKind kind_of_networks(const CheckpointFacts& facts, const std::string& file, const char* name,
                               const GanOptions& model) {
    return kind_of(facts, file, fmt::format("{} {}", name_of(kGanArchitectures, model.architecture), name), model.size,
                   model.size, model.channels, model.classes);
}

class GanGenerator final : public ImageGenerator {
public:
    GanGenerator(const CheckpointFacts& facts, const std::string& file, Device device, std::uint64_t seed)
        : GanGenerator(gan_from_facts(facts, file), facts, file, device, seed) {}

private:
    GanGenerator(const GanOptions& model, const CheckpointFacts& facts, const std::string& file, Device device,
                 std::uint64_t seed)
        : ImageGenerator(kind_of_networks(facts, file, "GAN", model)),
          init_(0, device),
          gan_(model, init_, init_),
          drawing_(gan_, has_moving_average(facts, file)),
          codes_(seed, device, draws::kPictures) {
        load_checkpoint(file, checkpoint_parts(gan_, drawing_));
    }

    Tensor draw_batch(Index batch, const std::vector<std::int32_t>& labels) override {
        return draw_from_prior(drawing_.gan(), codes_, batch, labels);
    }

    Generator init_;
    Gan gan_;
    DrawingGan drawing_;
    Generator codes_;
};

class BiGanGenerator final : public ImageGenerator {
public:
    BiGanGenerator(const CheckpointFacts& facts, const std::string& file, Device device, std::uint64_t seed)
        : BiGanGenerator(bigan_from_facts(facts, file), facts, file, device, seed) {}

private:
    BiGanGenerator(const BiGanOptions& model, const CheckpointFacts& facts, const std::string& file, Device device,
                   std::uint64_t seed)
        : ImageGenerator(kind_of(facts, file, fmt::format("{} BiGAN", name_of(kBiGanArchitectures, model.architecture)),
                                 model.size, model.size, model.channels, 0)),
          init_(0, device),
          bigan_(model, init_, init_),
          codes_(seed, device, draws::kPictures) {
        load_checkpoint(file, checkpoint_parts(bigan_));
    }

    Tensor rebuild(const Tensor& images, const std::vector<std::int32_t>&) override {
        return sinter::rebuild(bigan_, images);
    }
    Tensor draw_batch(Index batch, const std::vector<std::int32_t>&) override {
        return draw_from_prior(bigan_, codes_, batch);
    }

    Generator init_;
    BiGan bigan_;
    Generator codes_;
};

class VaeGanGenerator final : public ImageGenerator {
public:
    VaeGanGenerator(const CheckpointFacts& facts, const std::string& file, Device device, std::uint64_t seed)
        : VaeGanGenerator(load_vae_gan(file, device), facts, file, device, seed) {}

private:
    VaeGanGenerator(std::unique_ptr<VaeGan> model, const CheckpointFacts& facts, const std::string& file, Device device,
                    std::uint64_t seed)
        : ImageGenerator(kind_of_networks(facts, file, "VAE-GAN", model->options().networks)),
          model_(std::move(model)),
          codes_(seed, device, draws::kPictures) {}

    Tensor rebuild(const Tensor& images, const std::vector<std::int32_t>& labels) override {
        return sinter::rebuild(*model_, images, labels);
    }
    Tensor draw_batch(Index batch, const std::vector<std::int32_t>& labels) override {
        return draw_from_prior(model_->gan(), codes_, batch, labels);
    }

    std::unique_ptr<VaeGan> model_;
    Generator codes_;
};

template <class G>
std::unique_ptr<ImageGenerator> make_generator(const CheckpointFacts& facts, const std::string& file, Device device,
                                               std::uint64_t seed) {
    return std::make_unique<G>(facts, file, device, seed);
}

/// The kinds of model that draw.
struct DrawingKind {
    const char* model;
    std::unique_ptr<ImageGenerator> (*make)(const CheckpointFacts&, const std::string&, Device, std::uint64_t);
};
constexpr DrawingKind kDrawingKinds[] = {{"vae", make_generator<VaeGenerator>},
                                         {"gan", make_generator<GanGenerator>},
                                         {"bigan", make_generator<BiGanGenerator>},
                                         {"vae_gan", make_generator<VaeGanGenerator>}};

/// A set of black images that the model made, without labels. `what`: "samples".
ImageSet room_for(const GeneratedKind& kind, Index count, const char* what) {
    ImageSet set;
    set.count = count;
    set.height = kind.height;
    set.width = kind.width;
    set.channels = kind.channels;
    set.classes = static_cast<int>(kind.classes);
    set.name = fmt::format("{} of {}", what, kind.file);
    set.pixels.resize(static_cast<std::size_t>(count * set.bytes_per_image()));
    return set;
}

/// Keeps images of a model as the bytes from image `first` on, as many as there is room for.
void keep_bytes(ImageSet& set, Index first, const Tensor& images, const GeneratedKind& kind) {
    const std::vector<float> values = images.to_floats();
    if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) {
        throw DataError(
            fmt::format("{}: expected images of finite pixels, the model drew NaN or infinity; use the "
                        "checkpoint of a training that did not diverge",
                        kind.file.empty() ? kind.description : kind.file));
    }
    const Index count = std::min(images.size(0), set.count - first), size = set.bytes_per_image();
    std::transform(values.begin(), values.begin() + count * size, set.pixels.data() + first * size, to_byte);
}

}  // namespace

Tensor ImageGenerator::draw(Index batch, const std::vector<std::int32_t>& labels) {
    const Index expected = kind_.classes > 0 ? kSampleBatch : 0;
    require(std::ssize(labels) == expected, "[generator] {}: expected {} labels for a batch of images, got {}",
            kind_.file, expected, labels.size());
    return draw_batch(batch, labels);
}

Tensor ImageGenerator::rebuild(const Tensor&, const std::vector<std::int32_t>&) {
    throw DataError(fmt::format(
        "{}: a {} has no encoder, so it rebuilds no images; give the checkpoint of a VAE, a VAE-GAN or a BiGAN",
        kind_.file, kind_.description));
}

void ImageGenerator::use_prior(CodePrior, const std::string& words) {
    require(false, "[generator] {}: only a VAE takes another prior, such as {}", kind_.file, words);
}

std::string model_kind_of(const std::string& checkpoint) {
    const std::string file = find_checkpoint(checkpoint).string();
    return FactReader(read_checkpoint_facts(file), file).text(kModel);
}

std::unique_ptr<ImageGenerator> load_generator(const std::string& checkpoint, Device device, std::uint64_t seed) {
    const std::string file = find_checkpoint(checkpoint).string();
    const CheckpointFacts facts = read_checkpoint_facts(file);
    const std::string& model = FactReader(facts, file).text(kModel);
    for (const DrawingKind& kind : kDrawingKinds)
        if (model == kind.model) return kind.make(facts, file, device, seed);
    throw DataError(
        fmt::format("{}: expected a checkpoint of a model that draws images (vae, gan, bigan, vae_gan), found one of "
                    "'{}'; give the "
                    "checkpoint of such a model",
                    file, model));
}

GeneratedKind kind_of_images(const ImageSet& like, Index classes) {
    GeneratedKind kind;
    kind.description = "images like those of " + like.name;
    kind.height = like.height;
    kind.width = like.width;
    kind.channels = like.channels;
    kind.classes = classes;
    return kind;
}

Tensor draw_from_prior(Vae& vae, Generator& codes, Index batch, const std::vector<std::int32_t>& labels,
                       const CodePrior& prior) {
    const NoGrad no_grad;
    const Evaluating evaluating(vae);
    codes.start_step(sample_step(batch));
    return vae.decode(prior.draw(kSampleBatch, vae.options().latent, labels, codes),
                      Buffer<std::int32_t>(std::span<const std::int32_t>(labels), codes.device()));
}

Tensor draw_from_prior(Gan& gan, Generator& codes, Index batch, const std::vector<std::int32_t>& labels) {
    codes.start_step(sample_step(batch));
    return generate_images(gan, random_normal({kSampleBatch, gan.options().latent}, 0, 1, codes), labels);
}

Tensor draw_from_prior(BiGan& bigan, Generator& codes, Index batch) {
    const NoGrad no_grad;
    const Evaluating evaluating(bigan.generator());
    codes.start_step(sample_step(batch));
    return bigan.generate(bigan.draw_codes(kSampleBatch, codes));
}

Tensor rebuild(Vae& vae, const Tensor& images, const std::vector<std::int32_t>& labels) {
    const NoGrad no_grad;
    const Evaluating evaluating(vae);
    const Buffer<std::int32_t> given(std::span<const std::int32_t>(labels), images.device());
    return vae.decode(vae.encode(images, given), given);
}

Tensor rebuild(VaeGan& model, const Tensor& images, const std::vector<std::int32_t>& labels) {
    const NoGrad no_grad;
    const Evaluating encoder(model.encoder()), generator(model.gan().generator());
    const Buffer<std::int32_t> given(std::span<const std::int32_t>(labels), images.device());
    return affine(model.reconstruct(affine(images, 2, -1), given), 0.5, 0.5);
}

Tensor rebuild(BiGan& bigan, const Tensor& images) {
    const NoGrad no_grad;
    const Evaluating evaluating(bigan.generator_and_encoder());
    return bigan.generate(bigan.encode(images));
}

ImageSet draw_images(ImageGenerator& generator, Index count) {
    return draw_images(
        generator.kind(),
        [&](Index batch, const std::vector<std::int32_t>& labels) { return generator.draw(batch, labels); }, count);
}

ImageSet draw_images(const GeneratedKind& kind, const DrawBatch& draw, Index count) {
    ImageSet set = room_for(kind, count, "samples");
    for (const std::int32_t label : labels_in_turn(kind.classes, 0, count))
        set.labels.push_back(static_cast<std::uint8_t>(label));
    for (Index first = 0; first < count; first += kSampleBatch) {
        const Tensor images = draw(first / kSampleBatch, labels_in_turn(kind.classes, first, kSampleBatch));
        keep_bytes(set, first, images, kind);
    }
    return set;
}

ImageSet rebuild_images(ImageGenerator& generator, const ImageSet& images, Device device) {
    const GeneratedKind& kind = generator.kind();
    if (kind.classes > images.classes) {
        throw DataError(
            fmt::format("{}: a model of {} classes rebuilds images with their labels, {} has {} classes; give "
                        "the data that it was trained on",
                        kind.file, kind.classes, images.name, images.classes));
    }
    ImageSet set = room_for(kind, images.count, "reconstructions");
    if (kind.classes > 0) set.labels = images.labels;
    for (Index first = 0; first < images.count; first += kSampleBatch) {
        const Index count = std::min(kSampleBatch, images.count - first);
        std::vector<std::int32_t> labels;
        if (kind.classes > 0) labels.assign(images.labels.begin() + first, images.labels.begin() + first + count);
        const std::vector<float> pixels = read_pixels(images, first, count);
        const Tensor originals =
            Tensor::from(std::span<const float>(pixels), {count, images.height, images.width, images.channels}, device);
        keep_bytes(set, first, generator.rebuild(originals, labels), kind);
    }
    return set;
}

}  // namespace sinter
