#include "models/vae_facts.h"

#include <fmt/format.h>

#include <sstream>
#include <vector>

#include "core/data/image_set.h"
#include "core/error.h"
#include "core/train/facts.h"

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
    }
    widths.push_back(2 * options.latent);
    return widths;
}

void require_room(const FactReader& reader, const VaeOptions& options, const std::string& file) {
    std::vector<Index> widths;
    try {
        widths = encoder_widths(options);
    } catch (const UsageError& error) {
        throw DataError(fmt::format("{}: the checkpoint is damaged: {}", file, error.what()));
    }
    for (std::size_t i = 1; i < widths.size(); ++i) {
        reader.require_room(static_cast<double>(widths[i - 1]) * static_cast<double>(widths[i]),
                            fmt::format("a layer of {} x {}", widths[i], widths[i - 1]));
    }
}

}  // namespace

void add_model_facts(CheckpointFacts& facts, const VaeOptions& options) {
    facts["model"] = "vae";
    facts["model.arch"] = name_of(kVaeArchitectures, options.architecture);
    facts["model.height"] = std::to_string(options.height);
    facts["model.width"] = std::to_string(options.width);
    facts["model.channels"] = std::to_string(options.channels);
    if (takes_hidden(options.architecture)) {
        facts["model.hidden"] = fmt::format("{}", fmt::join(options.hidden, ","));
        facts["model.activation"] = name_of(kVaeActivations, options.activation);
    }
    facts["model.latent"] = std::to_string(options.latent);
    facts["model.classes"] = std::to_string(options.classes);
    facts["model.likelihood"] = name_of(kLikelihoods, options.likelihood);
}

VaeOptions vae_from_facts(const CheckpointFacts& facts, const std::string& file) {
    const FactReader reader(facts, file);
    reader.require_model("vae");
    VaeOptions options;
    options.architecture = reader.choice("model.arch", kVaeArchitectures);
    options.height = reader.whole_number("model.height", 1, kMaxVaeUnits);
    options.width = reader.whole_number("model.width", 1, kMaxVaeUnits);
    options.channels = reader.whole_number("model.channels", 1, kMaxVaeUnits);
    options.latent = reader.whole_number("model.latent", 1, kMaxVaeUnits);
    options.classes = reader.whole_number("model.classes", 0, kMaxClasses);
    options.likelihood = reader.choice("model.likelihood", kLikelihoods);
    if (takes_hidden(options.architecture)) {
        options.hidden.clear();
        std::istringstream hidden(reader.text("model.hidden"));
        for (std::string one; std::getline(hidden, one, ',');)
            options.hidden.push_back(parse_whole_number(one, 1, kMaxVaeUnits, "model.hidden", file));
        if (facts.contains("model.activation"))  // older files were all ReLU
            options.activation = reader.choice("model.activation", kVaeActivations);
    }
    require_room(reader, options, file);
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
