#include "apps/mnist_vae/options.h"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "apps/common/facts.h"
#include "apps/common/numbers.h"

namespace sinter {
namespace {

constexpr std::int64_t kMostUnits = 1 << 20;

}  // namespace

void add_vae_options(CLI::App& app, MnistVaeOptions& options) {
    add_training_options(app, options);
    app.add_option("--latent", options.latent, "Size of the latent code")
        ->check(whole_number<std::int64_t>(1, 1 << 16));
    app.add_option("--hidden", options.hidden,
                   "Sizes of the encoder's hidden layers, such as 400 or 512,256; the decoder mirrors them")
        ->delimiter(',')
        ->default_str(fmt::format("{}", fmt::join(options.hidden, ",")))
        ->check(whole_number<std::int64_t>(1, kMostUnits));
    app.add_option("--beta", options.beta, "Weight of the KL divergence")->check(positive_number(/*or_zero=*/true));
    app.add_option("--kl-warmup", options.kl_warmup, "Epochs over which that weight rises from 0")
        ->check(positive_number(/*or_zero=*/true));
    app.add_option("--likelihood", options.likelihood, "bernoulli (cross-entropy) or gaussian (squared error)")
        ->check(CLI::IsMember({"bernoulli", "gaussian"}));
    app.add_option("--evaluate", options.evaluate,
                   "Evaluate this checkpoint on the test images instead of training; with "
                   "--out, write its pictures there")
        ->type_name("CHECKPOINT")
        ->configurable(false);
}

VaeOptions vae_options(const MnistVaeOptions& options, const ImageSet& images) {
    VaeOptions model;
    model.image_size = images.bytes_per_image();
    model.hidden.assign(options.hidden.begin(), options.hidden.end());
    model.latent = options.latent;
    model.likelihood = options.likelihood == "gaussian" ? Likelihood::gaussian : Likelihood::bernoulli;
    return model;
}

void add_model_facts(CheckpointFacts& facts, const VaeOptions& options) {
    facts["model"] = "vae";
    facts["model.image_size"] = std::to_string(options.image_size);
    facts["model.hidden"] = fmt::format("{}", fmt::join(options.hidden, ","));
    facts["model.latent"] = std::to_string(options.latent);
    facts["model.likelihood"] = options.likelihood == Likelihood::gaussian ? "gaussian" : "bernoulli";
}

VaeOptions model_from_facts(const CheckpointFacts& facts, const std::string& file) {
    const FactReader reader(facts, file);
    reader.require_model("vae");
    VaeOptions options;
    options.image_size = reader.whole_number("model.image_size", 1, kMostUnits);
    options.latent = reader.whole_number("model.latent", 1, kMostUnits);
    const bool gaussian = reader.choice("model.likelihood", {"bernoulli", "gaussian"}) == "gaussian";
    options.likelihood = gaussian ? Likelihood::gaussian : Likelihood::bernoulli;
    options.hidden.clear();
    std::istringstream hidden(reader.text("model.hidden"));
    for (std::string one; std::getline(hidden, one, ',');)
        options.hidden.push_back(parse_whole_number(one, 1, kMostUnits, "model.hidden", file));

    // Before anybody makes a model of terabytes: each of its matrices has to be in the file.
    const std::uintmax_t file_bytes = std::filesystem::file_size(file);
    Index inputs = options.image_size;
    for (const Index outputs : options.hidden) {
        if (static_cast<std::uintmax_t>(inputs) * static_cast<std::uintmax_t>(outputs) > file_bytes / sizeof(float)) {
            throw DataError(
                fmt::format("{}: expected weights of {} x {}, which {} bytes cannot hold; the file is damaged", file,
                            outputs, inputs, file_bytes));
        }
        inputs = outputs;
    }
    return options;
}

}  // namespace sinter
