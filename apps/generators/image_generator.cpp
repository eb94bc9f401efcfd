#include "apps/generators/image_generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "apps/gan/drawing_gan.h"
#include "apps/generators/sampling.h"
#include "apps/training/training_setup.h"
#include "core/check.h"
#include "core/data/describe.h"
#include "core/error.h"
#include "core/ops/random.h"
#include "core/pictures/png.h"
#include "core/tape.h"
#include "core/train/run_folder.h"
#include "models/gan/gan_options.h"
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

    Tensor draw_batch(Index batch, const std::vector<std::int32_t>& labels) override {
        return draw_from_prior(*vae_, codes_, batch, labels, prior_);
    }

    std::unique_ptr<Vae> vae_;
    CodePrior prior_;
    Generator codes_;
};

class GanGenerator final : public ImageGenerator {
public:
    GanGenerator(const CheckpointFacts& facts, const std::string& file, Device device, std::uint64_t seed)
        : GanGenerator(gan_from_facts(facts, file), facts, file, device, seed) {}

private:
    GanGenerator(const GanOptions& model, const CheckpointFacts& facts, const std::string& file, Device device,
                 std::uint64_t seed)
        : ImageGenerator(kind_of(facts, file, fmt::format("{} GAN", name_of(kGanArchitectures, model.architecture)),
                                 model.size, model.size, model.channels, model.classes)),
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
constexpr DrawingKind kDrawingKinds[] = {{"vae", make_generator<VaeGenerator>}, {"gan", make_generator<GanGenerator>}};

}  // namespace

Tensor ImageGenerator::draw(Index batch, const std::vector<std::int32_t>& labels) {
    const Index expected = kind_.classes > 0 ? kSampleBatch : 0;
    require(std::ssize(labels) == expected, "[generator] {}: expected {} labels for a batch of images, got {}",
            kind_.file, expected, labels.size());
    return draw_batch(batch, labels);
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
        fmt::format("{}: expected a checkpoint of a model that draws images (vae, gan), found one of '{}'; give the "
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

ImageSet draw_images(ImageGenerator& generator, Index count) {
    return draw_images(
        generator.kind(),
        [&](Index batch, const std::vector<std::int32_t>& labels) { return generator.draw(batch, labels); }, count);
}

ImageSet draw_images(const GeneratedKind& kind, const DrawBatch& draw, Index count) {
    ImageSet set;
    set.count = count;
    set.height = kind.height;
    set.width = kind.width;
    set.channels = kind.channels;
    set.classes = static_cast<int>(kind.classes);
    set.name = "samples of " + kind.file;
    set.pixels.resize(static_cast<std::size_t>(count * set.bytes_per_image()));
    for (const std::int32_t label : labels_in_turn(kind.classes, 0, count))
        set.labels.push_back(static_cast<std::uint8_t>(label));
    auto* to = set.pixels.data();
    for (Index first = 0; first < count; first += kSampleBatch) {
        const Tensor images = draw(first / kSampleBatch, labels_in_turn(kind.classes, first, kSampleBatch));
        const std::vector<float> values = images.to_floats();
        if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) {
            throw DataError(
                fmt::format("{}: expected images of finite pixels, the model drew NaN or infinity; use the "
                            "checkpoint of a training that did not diverge",
                            kind.file.empty() ? kind.description : kind.file));
        }
        const std::size_t wanted =
            static_cast<std::size_t>(std::min(kSampleBatch, count - first) * set.bytes_per_image());
        to = std::transform(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(wanted), to, to_byte);
    }
    return set;
}

}  // namespace sinter
