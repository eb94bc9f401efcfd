#include "models/gan_facts.h"

#include <fmt/format.h>

#include "core/data/image_set.h"
#include "core/train/facts.h"

namespace sinter {
namespace {

/// Older files have two flags in its place.
DiscriminatorNorm norm_of_flags(const FactReader& reader) {
    constexpr Named<bool> kFlag[] = {{"true", true}, {"false", false}};
    if (reader.choice("model.spectral_norm", kFlag)) return DiscriminatorNorm::spectral;
    return reader.choice("model.discriminator_batch_norm", kFlag) ? DiscriminatorNorm::batch : DiscriminatorNorm::none;
}

}  // namespace

void add_model_facts(CheckpointFacts& facts, const GanOptions& options) {
    facts["model"] = "gan";
    facts["model.arch"] = name_of(kGanArchitectures, options.architecture);
    facts["model.size"] = std::to_string(options.size);
    facts["model.channels"] = std::to_string(options.channels);
    facts["model.latent"] = std::to_string(options.latent);
    facts["model.base_width"] = std::to_string(options.base_width);
    facts["model.classes"] = std::to_string(options.classes);
    facts["model.discriminator_norm"] = name_of(kDiscriminatorNorms, options.discriminator_norm);
}

GanOptions gan_from_facts(const CheckpointFacts& facts, const std::string& file) {
    const FactReader reader(facts, file);
    reader.require_model("gan");
    GanOptions options;
    options.architecture = reader.choice("model.arch", kGanArchitectures);
    options.size = reader.whole_number("model.size", 1, kMaxPixelsPerSide);
    options.channels = reader.whole_number("model.channels", 1, 3);
    options.latent = reader.whole_number("model.latent", 1, kMaxGanLatent);
    options.base_width = reader.whole_number("model.base_width", 1, kMaxGanWidth);
    options.classes = reader.whole_number("model.classes", 0, kMaxClasses);
    options.discriminator_norm = facts.contains("model.discriminator_norm")
                                     ? reader.choice("model.discriminator_norm", kDiscriminatorNorms)
                                     : norm_of_flags(reader);

    // The first two layers of the generator take at least so much in every architecture.
    const Index first = 4 * options.latent * options.base_width, second = 32 * options.base_width * options.base_width;
    reader.require_room(
        static_cast<double>(first + second),
        fmt::format("a generator with a latent code of {} and a base width of {}", options.latent, options.base_width));
    return options;
}

}  // namespace sinter
