#include "models/gan_facts.h"

#include <fmt/format.h>

#include "core/train/facts.h"

namespace sinter {
namespace {

constexpr Index kMostPixels = 1 << 12, kMostLatent = 1 << 16, kMostWidth = 1 << 12, kMostClasses = 1 << 16;

}  // namespace

void add_model_facts(CheckpointFacts& facts, const GanOptions& options) {
    facts["model"] = "gan";
    facts["model.arch"] = options.arch;
    facts["model.size"] = std::to_string(options.size);
    facts["model.channels"] = std::to_string(options.channels);
    facts["model.latent"] = std::to_string(options.latent);
    facts["model.base_width"] = std::to_string(options.base_width);
    facts["model.classes"] = std::to_string(options.classes);
    facts["model.spectral_norm"] = options.spectral_norm ? "true" : "false";
    facts["model.discriminator_batch_norm"] = options.discriminator_batch_norm ? "true" : "false";
}

GanOptions gan_from_facts(const CheckpointFacts& facts, const std::string& file) {
    const FactReader reader(facts, file);
    reader.require_model("gan");
    GanOptions options;
    options.arch = reader.choice("model.arch", {"dcgan", "dense"});
    options.size = reader.whole_number("model.size", 1, kMostPixels);
    options.channels = reader.whole_number("model.channels", 1, 3);
    options.latent = reader.whole_number("model.latent", 1, kMostLatent);
    options.base_width = reader.whole_number("model.base_width", 1, kMostWidth);
    options.classes = reader.whole_number("model.classes", 0, kMostClasses);
    options.spectral_norm = reader.choice("model.spectral_norm", {"true", "false"}) == "true";
    options.discriminator_batch_norm = reader.choice("model.discriminator_batch_norm", {"true", "false"}) == "true";

    // The first two layers of the generator take at least so much in every architecture.
    const Index first = 4 * options.latent * options.base_width, second = 32 * options.base_width * options.base_width;
    reader.require_room(
        static_cast<double>(first + second),
        fmt::format("a generator with a latent code of {} and a base width of {}", options.latent, options.base_width));
    return options;
}

}  // namespace sinter
