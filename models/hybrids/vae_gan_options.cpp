#include "models/hybrids/vae_gan_options.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/options/facts.h"
#include "models/gan/gan_options.h"

namespace sinter {
namespace {

constexpr Index kMaxStages = 16;  // more than any discriminator has

}  // namespace

void describe(OptionList& list, VaeGanOptions& options) {
    describe(list, options.networks);
    list.set_model_kind("vae_gan");
    list.model("feature-layer", options.feature_layer,
               "The hidden layer of the discriminator, from 1, whose features compare reconstructions with originals; "
               "0: the last")
        .from(0, kMaxStages);
}

void describe(OptionList& list, VaeGanTrainingOptions& options) {
    list.section("Objective");
    list.fixed("gamma", options.gamma,
               "Weight of the reconstruction, as a mean over the features, in the generator's loss")
        .not_negative();
    list.fixed("fakes", options.discriminate_reconstructions, kVaeGanFakes,
               "What the discriminator tells from real images");
    list.fixed("equilibrium", options.balance.equilibrium,
               "The discriminator's cost of real and of fake images in an even game; log 2 is 0.69")
        .not_negative();
    list.fixed("margin", options.balance.margin,
               "A cost this far below the equilibrium holds the discriminator for a step, one this far above it the "
               "generator; 0: nobody is held")
        .not_negative();
}

std::vector<CheckpointPart> checkpoint_parts(VaeGan& model, const VaeGanOptimizers& optimizers) {
    return {{"encoder.", &model.encoder(), optimizers.encoder},
            {"generator.", &model.gan().generator(), optimizers.generator},
            {"discriminator.", &model.gan().discriminator(), optimizers.discriminator}};
}

VaeGanOptions vae_gan_from_facts(const CheckpointFacts& facts, const std::string& file) {
    VaeGanOptions options;
    OptionList list;
    describe(list, options);
    read_model_facts(list, facts, file);
    require_networks(options.networks, facts, file);
    return options;
}

std::unique_ptr<VaeGan> load_vae_gan(const std::string& file, Device device) {
    const VaeGanOptions options = vae_gan_from_facts(read_checkpoint_facts(file), file);
    Generator init(0, device);
    std::unique_ptr<VaeGan> model;
    try {
        model = std::make_unique<VaeGan>(options, init);
    } catch (const UsageError& error) {
        throw DataError(fmt::format("{}: the checkpoint is damaged: {}", file, error.what()));
    }
    load_checkpoint(file, checkpoint_parts(*model));
    return model;
}

}  // namespace sinter
