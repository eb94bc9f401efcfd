#include "apps/generators/image_codes.h"

#include <fmt/format.h>

#include <optional>

#include "apps/training/image_statistics.h"
#include "core/error.h"
#include "core/ops/arithmetic.h"
#include "core/options/facts.h"
#include "core/tape.h"
#include "core/train/run_folder.h"
#include "models/hybrids/bigan_options.h"
#include "models/hybrids/vae_gan_options.h"
#include "models/vae/vae_options.h"

namespace sinter {
namespace {

/// Which weights a model is to have: those of the file, or those that a seed initialises.
using Untrained = std::optional<std::uint64_t>;

class VaeCoder final : public ImageCoder {
public:
    VaeCoder(const CheckpointFacts& facts, const std::string& file, Device device, Untrained seed)
        : VaeCoder(vae_from_facts(facts, file), file, device, seed) {}

private:
    VaeCoder(const VaeOptions& model, const std::string& file, Device device, Untrained seed)
        : ImageCoder({file,
                      "the means mu of q(z|x)",
                      {model.height, model.width, model.channels},
                      model.latent,
                      model.classes}),
          init_(seed.value_or(0), device, draws::kInitialisation),
          vae_(model, init_) {
        const CheckpointPart part{"", &vae_, nullptr};
        if (!seed) load_checkpoint(file, {&part, 1});
    }

    Module& encoder() override { return vae_; }
    Tensor find_codes(const Tensor& images) override { return vae_.encode(images); }
    Tensor find_features(const Tensor& images) override { return vae_.features(images); }

    Generator init_;
    Vae vae_;
};

class BiGanCoder final : public ImageCoder {
public:
    BiGanCoder(const CheckpointFacts& facts, const std::string& file, Device device, Untrained seed)
        : BiGanCoder(bigan_from_facts(facts, file), file, device, seed) {}

private:
    BiGanCoder(const BiGanOptions& model, const std::string& file, Device device, Untrained seed)
        : ImageCoder({file, meaning(model.encoder), {model.size, model.size, model.channels}, model.latent, 0}),
          init_(seed.value_or(0), device, draws::kInitialisation),
          bigan_(model, init_, init_) {
        if (!seed) load_checkpoint(file, checkpoint_parts(bigan_));
    }

    static const char* meaning(BiGanEncoder encoder) {
        switch (encoder) {
            case BiGanEncoder::deterministic:
                return "E(x), before it is brought within +-1";
            case BiGanEncoder::stochastic:
                break;
        }
        return "the means of E(z|x)";
    }

    Module& encoder() override { return bigan_.encoder(); }
    Tensor find_codes(const Tensor& images) override { return bigan_.unbounded_codes(images); }
    Tensor find_features(const Tensor& images) override { return bigan_.features(images); }

    Generator init_;
    BiGan bigan_;
};

class VaeGanCoder final : public ImageCoder {
public:
    VaeGanCoder(const CheckpointFacts& facts, const std::string& file, Device device, Untrained seed)
        : VaeGanCoder(vae_gan_from_facts(facts, file), file, device, seed) {}

private:
    VaeGanCoder(const VaeGanOptions& model, const std::string& file, Device device, Untrained seed)
        : ImageCoder({file,
                      "the means mu of q(z|x)",
                      {model.networks.size, model.networks.size, model.networks.channels},
                      model.networks.latent,
                      model.networks.classes}),
          init_(seed.value_or(0), device, draws::kInitialisation),
          model_(seed ? std::make_unique<VaeGan>(model, init_) : load_vae_gan(file, device)) {}

    static Tensor signed_pixels(const Tensor& images) { return affine(images, 2, -1); }

    Module& encoder() override { return model_->encoder(); }
    Tensor find_codes(const Tensor& images) override { return model_->encode(signed_pixels(images)); }
    Tensor find_features(const Tensor& images) override { return model_->features(signed_pixels(images)); }

    Generator init_;
    std::unique_ptr<VaeGan> model_;
};

template <class C>
std::unique_ptr<ImageCoder> make_coder(const CheckpointFacts& facts, const std::string& file, Device device,
                                       Untrained seed) {
    return std::make_unique<C>(facts, file, device, seed);
}

/// The kinds of model that have an encoder.
struct CodingKind {
    const char* model;
    std::unique_ptr<ImageCoder> (*make)(const CheckpointFacts&, const std::string&, Device, Untrained);
};
constexpr CodingKind kCodingKinds[] = {
    {"vae", make_coder<VaeCoder>}, {"bigan", make_coder<BiGanCoder>}, {"vae_gan", make_coder<VaeGanCoder>}};

std::unique_ptr<ImageCoder> make(const std::string& checkpoint, Device device, Untrained seed) {
    const std::string file = find_checkpoint(checkpoint).string();
    const CheckpointFacts facts = read_checkpoint_facts(file);
    const std::string& model = FactReader(facts, file).text("model");
    for (const CodingKind& kind : kCodingKinds)
        if (model == kind.model) return kind.make(facts, file, device, seed);
    throw DataError(fmt::format(
        "{}: expected a checkpoint of a model that has an encoder (vae, bigan, vae_gan), found one of '{}'; give "
        "the checkpoint of such a model",
        file, model));
}

}  // namespace

Tensor ImageCoder::codes(const Tensor& images) {
    const NoGrad no_grad;
    const Evaluating evaluating(encoder());
    return find_codes(images);
}

Tensor ImageCoder::features(const Tensor& images) {
    const NoGrad no_grad;
    const Evaluating evaluating(encoder());
    return find_features(images);
}

void ImageCoder::estimate_statistics(Loader& batches, int passes) {
    estimate_image_statistics(encoder(), batches, passes, [&](const Tensor& images) { find_codes(images); });
}

std::unique_ptr<ImageCoder> load_coder(const std::string& checkpoint, Device device) {
    return make(checkpoint, device, std::nullopt);
}

std::unique_ptr<ImageCoder> untrained_coder(const std::string& checkpoint, Device device, std::uint64_t seed) {
    return make(checkpoint, device, seed);
}

}  // namespace sinter
