#include "models/vae/vae_options.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "core/data/image_set.h"
#include "core/error.h"
#include "core/options/facts.h"
#include "core/options/parse_number.h"
#include "core/train/checkpoint.h"
#include "kernels/vae.h"
#include "models/gan/gan_options.h"

namespace sinter {
namespace {

/// The width of what each dense layer of the encoder takes, and at last of what the heads give.
std::vector<Index> encoder_widths(const VaeOptions& options) {
    std::vector<Index> widths;
    switch (options.architecture) {
        case VaeArchitecture::dense:
            widths = {options.height * options.width * options.channels + options.classes};
            widths.insert(widths.end(), options.hidden.begin(), options.hidden.end());
            break;
        case VaeArchitecture::conv: {
            const std::vector<Index> channels = vae_conv_widths(options.height, options.width);
            widths = {(options.height >> channels.size()) * (options.width >> channels.size()) * channels.back()};
            break;
        }
        case VaeArchitecture::dcgan:
            break;  // see require_networks()
    }
    widths.push_back(2 * options.latent);
    return widths;
}

/// "learned", or a number above 0.
CustomField variance_field(PixelVariance& variance) {
    return {&variance, 1, [&variance] { return variance.is_learned ? "learned" : fmt::format("{}", variance.value); },
            [&variance](std::span<const std::string> words) -> std::optional<BadValue> {
                double value = 1;
                const bool is_learned = words.front() == "learned";
                if (!is_learned && !(parse_number(words.front(), value) && std::isfinite(value) && value > 0))
                    return BadValue{"learned or a number above 0", words.front()};
                variance = {is_learned, value};
                return std::nullopt;
            }};
}

void require_room(const CheckpointFacts& facts, const VaeOptions& options, const std::string& file) {
    std::vector<Index> widths;
    try {
        if (options.architecture == VaeArchitecture::dcgan) return require_networks(dcgan_form(options), facts, file);
        widths = encoder_widths(options);
    } catch (const UsageError& error) {
        throw DataError(fmt::format("{}: the checkpoint is damaged: {}", file, error.what()));
    }
    for (std::size_t i = 1; i < widths.size(); ++i) {
        FactReader(facts, file)
            .require_room(static_cast<double>(widths[i - 1]) * static_cast<double>(widths[i]),
                          fmt::format("a layer of {} x {}", widths[i], widths[i - 1]));
    }
}

}  // namespace

void describe(OptionList& list, VaeOptions& options) {
    list.set_model_kind("vae");
    list.section("Model");
    list.model("arch", options.architecture, kVaeArchitectures, "Layers of encoder and decoder");
    list.model("hidden", options.hidden,
               "dense: sizes of the encoder's hidden layers, such as 400 or 512,256; the decoder mirrors them")
        .from(1, kMaxVaeUnits);
    list.model("activation", options.activation, kVaeActivations, "dense: what follows each hidden layer");
    list.model("base-width", options.base_width, "dcgan: scales all hidden layers; 64 is the published one")
        .from(1, kMaxGanWidth);
    list.model(
            "latent", options.latent,
            fmt::format("Size of the latent code. Its log variances are kept within +-{}", kernels::kLogVarianceLimit))
        .from(1, kMaxVaeUnits)
        .usually("20 for dense, 2 for conv on grey images, 128 for conv on colour, 100 for dcgan");
    list.model("likelihood", options.likelihood, kLikelihoods, "Of pixels, given a code");
    list.model("variance", variance_field(options.variance),
               "gaussian: the variance of pixels, or learned: one for all of them, with dequantised images and a loss "
               "that is a density")
        .shown_as("NUMBER");
    list.fact("height", options.height).from(1, kMaxVaeUnits);
    list.fact("width", options.width).from(1, kMaxVaeUnits);
    list.fact("channels", options.channels).from(1, kMaxVaeUnits);
    list.fact("classes", options.classes).from(0, kMaxClasses);
}

VaeOptions vae_from_facts(const CheckpointFacts& facts, const std::string& file) {
    VaeOptions options;
    OptionList list;
    describe(list, options);
    read_model_facts(list, facts, file);
    require_room(facts, options, file);
    return options;
}

std::unique_ptr<Vae> load_vae(const std::string& file, Device device) {
    Generator init(0, device);
    auto vae = std::make_unique<Vae>(vae_from_facts(read_checkpoint_facts(file), file), init);
    const CheckpointPart part{"", vae.get(), nullptr};
    load_checkpoint(file, {&part, 1});
    return vae;
}

}  // namespace sinter
