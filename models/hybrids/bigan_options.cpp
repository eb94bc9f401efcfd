#include "models/hybrids/bigan_options.h"

#include <fmt/format.h>

#include "core/data/image_set.h"
#include "core/options/facts.h"
#include "models/gan/gan.h"

namespace sinter {

void describe(OptionList& list, BiGanOptions& options) {
    list.set_model_kind("bigan");
    list.section("Networks");
    list.model("arch", options.architecture, kBiGanArchitectures, "Layers of the networks");
    list.model("encoder", options.encoder, kBiGanEncoders, "What the encoder gives for an image");
    list.model("size", options.size, "Fit the images to this many pixels a side: 16, 28, 32, 64, 128 or 256 for conv")
        .from(1, kMaxPixelsPerSide);
    list.model("latent", options.latent, "Size of the latent code").from(1, kMaxGanLatent);
    list.model("base-width", options.base_width, "Scales all hidden layers; 64 is the published one")
        .from(1, kMaxGanWidth);
    list.fact("channels", options.channels).from(1, 3);
}

BiGanOptions bigan_from_facts(const CheckpointFacts& facts, const std::string& file) {
    BiGanOptions options;
    OptionList list;
    describe(list, options);
    read_model_facts(list, facts, file);

    // The joint layers take at least so much in both architectures.
    const Index codes = 8 * options.latent * options.base_width, joint = 128 * options.base_width * options.base_width;
    FactReader(facts, file)
        .require_room(static_cast<double>(codes + joint),
                      fmt::format("a discriminator of pairs with a latent code of {} and a base width of {}",
                                  options.latent, options.base_width));
    return options;
}

std::vector<CheckpointPart> checkpoint_parts(BiGan& bigan, BiGanOptimizers optimizers) {
    return {{"", &bigan.generator_and_encoder(), optimizers.pair},
            {"discriminator.", &bigan.discriminator(), optimizers.discriminator}};
}

}  // namespace sinter
