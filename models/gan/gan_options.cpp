#include "models/gan/gan_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <sstream>
#include <string>

#include "core/data/image_set.h"
#include "core/error.h"
#include "core/options/facts.h"

namespace sinter {

namespace {

/// Files of a time with less norms have two flags in its place. One said batch where the networks had none.
std::string norm_of_flags(const CheckpointFacts& facts) {
    const auto text = [&](const char* fact) { return facts.contains(fact) ? facts.at(fact) : ""; };
    const auto norm = [](DiscriminatorNorm value) { return std::string(name_of(kDiscriminatorNorms, value)); };
    if (text("model.spectral_norm") == "true") return norm(DiscriminatorNorm::spectral);
    const bool had_none = text("model.discriminator_batch_norm") == "false" || text("model.size") == "28" ||
                          text("model.arch") != name_of(kGanArchitectures, GanArchitecture::dcgan);
    return norm(had_none ? DiscriminatorNorm::none : DiscriminatorNorm::batch);
}

struct NamedTransformation {
    const char* name;
    bool Augmentation::*is_on;
};
constexpr NamedTransformation kTransformations[] = {
    {"translation", &Augmentation::translation}, {"cutout", &Augmentation::cutout}, {"colour", &Augmentation::colour}};
constexpr const char* kNoAugmentation = "none";

std::string text_of(const Augmentation& augmentation) {
    std::string text;
    for (const auto& [name, is_on] : kTransformations)
        if (augmentation.*is_on) text += (text.empty() ? "" : ",") + std::string(name);
    return text.empty() ? kNoAugmentation : text;
}

/// "none", or the names of transformations between commas, in any order.
CustomField augmentation_field(Augmentation& augmentation) {
    const auto read = [&augmentation](std::span<const std::string> words) -> std::optional<BadValue> {
        Augmentation found;
        std::istringstream parts(words.front() == kNoAugmentation ? "" : words.front() + ",");
        for (std::string part; std::getline(parts, part, ',');) {
            const auto named = std::find_if(std::begin(kTransformations), std::end(kTransformations),
                                            [&](const NamedTransformation& row) { return part == row.name; });
            if (named == std::end(kTransformations))
                return BadValue{"none, or some of translation, cutout and colour between commas", words.front()};
            found.*named->is_on = true;
        }
        augmentation = found;
        return std::nullopt;
    };
    return {&augmentation, 1, [&augmentation] { return text_of(augmentation); }, read};
}

}  // namespace

void describe(OptionList& list, GanOptions& options) {
    list.set_model_kind("gan");
    list.section("Networks");
    list.model("arch", options.architecture, kGanArchitectures, "Layers of both networks");
    list.model("size", options.size, "Fit the images to this many pixels a side: 16, 28, 32, 64, 128 or 256 for dcgan")
        .from(1, kMaxPixelsPerSide);
    list.model("latent", options.latent, "Size of the latent code").from(1, kMaxGanLatent);
    list.model("base-width", options.base_width, "Scales all hidden layers; 64 is the published one")
        .from(1, kMaxGanWidth);
    list.model("discriminator-norm", options.discriminator_norm, kDiscriminatorNorms,
               "What normalises the discriminator's layers")
        .usually("batch for dcgan but on 28 pixels, without --gradient-penalty or --r1, else none")
        .before(norm_of_flags);
    list.alias("spectral-norm", "discriminator-norm", name_of(kDiscriminatorNorms, DiscriminatorNorm::spectral),
               "The same as --discriminator-norm spectral");
    list.fact("channels", options.channels).from(1, 3);
    list.fact("classes", options.classes).from(0, kMaxClasses);
}

void describe(OptionList& list, GanTrainingOptions& options) {
    list.section("Objective");
    list.fixed("loss", options.loss, kGanLosses, "The game that the networks play");
    list.fixed("update", options.simultaneous, kGanUpdates, "When each network learns");
    list.fixed("n-critic", options.n_critic, "Steps of the discriminator for one of the generator").from(1, 1000);
    list.fixed("gradient-penalty", options.gradient_penalty, "Weight of the gradient penalty (WGAN-GP); 0: none")
        .not_negative();
    list.fixed("r1", options.r1_penalty, "Gamma of the R1 penalty on real images, such as 10; 0: none").not_negative();
    list.fixed("label-smoothing", options.label_smoothing,
               "Real images count as real by 1 minus this, such as 0.1; logistic and least-squares only")
        .fraction();
    list.fixed("instance-noise", options.instance_noise,
               "Standard deviation of noise on all images that the discriminator sees, such as 0.1")
        .not_negative();
    list.fixed(
            "augment", augmentation_field(options.augmentation),
            "What all images that the discriminator sees go through, for small sets: some of translation, cutout and "
            "colour, such as translation,cutout; none")
        .shown_as("WORDS")
        .before(kNoAugmentation);
    list.section("Training");
    list.fixed("ema", options.ema,
               "Decay of a moving average of the generator, such as 0.999, which then draws the pictures; less in the "
               "first steps: (1 + t) / (10 + t) after the generator's t-th; 0: none")
        .fraction();
}

GanOptions gan_from_facts(const CheckpointFacts& facts, const std::string& file) {
    GanOptions options;
    OptionList list;
    describe(list, options);
    read_model_facts(list, facts, file);
    require_networks(options, facts, file);
    return options;
}

void require_networks(const GanOptions& options, const CheckpointFacts& facts, const std::string& file) {
    try {
        require_image_size(options.architecture, options.size);
    } catch (const UsageError& error) {
        throw DataError(fmt::format("{}: the checkpoint is damaged: {}", file, error.what()));
    }
    // The first two layers of the generator take at least so much in every architecture.
    const Index first = 4 * options.latent * options.base_width, second = 32 * options.base_width * options.base_width;
    FactReader(facts, file)
        .require_room(static_cast<double>(first + second),
                      fmt::format("a generator with a latent code of {} and a base width of {}", options.latent,
                                  options.base_width));
}

}  // namespace sinter
