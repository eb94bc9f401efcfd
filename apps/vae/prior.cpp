#include "apps/vae/prior.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "apps/generators/image_generator.h"
#include "apps/training/training_setup.h"
#include "apps/training/warn_on_failure.h"
#include "apps/vae/open_vae.h"
#include "core/check.h"
#include "core/console.h"
#include "core/data/binarise.h"
#include "core/data/loader.h"
#include "core/data/subset.h"
#include "core/files/files.h"
#include "core/files/safetensors.h"
#include "core/files/sha256.h"
#include "core/ops/random.h"
#include "core/options/facts.h"
#include "core/options/parse_number.h"
#include "core/tape.h"
#include "core/train/checkpoint.h"
#include "core/train/run_folder.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNormal = "normal";
constexpr std::string_view kMixture = "gmm:";
constexpr Index kMostComponents = 1000;
constexpr Index kBatch = 500;
/// Of the start of the fit and of pixels: not --seed, which draws images from the same mixture.
constexpr std::uint64_t kSeed = 1;
constexpr const char* kFormat = "sinter prior 1";

std::string digest_of(std::span<const std::byte> bytes) {
    return sha256_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

/// The arrays of the mixtures of all classes, under their names in the file.
struct Arrays {
    std::vector<double> weights, means, covariances;

    explicit Arrays(const std::vector<GaussianMixture>& mixtures) {
        for (const GaussianMixture& mixture : mixtures) {
            weights.insert(weights.end(), mixture.weights.begin(), mixture.weights.end());
            means.insert(means.end(), mixture.means.begin(), mixture.means.end());
            covariances.insert(covariances.end(), mixture.covariances.begin(), mixture.covariances.end());
        }
    }
};

/// What the arrays of a file are, in one digest.
std::string digest_of(const std::vector<SafetensorsEntry>& entries) {
    std::vector<std::byte> all;
    for (const SafetensorsEntry& entry : entries) {
        const std::string text = fmt::format("{} {} {}\n", entry.name, entry.dtype, fmt::join(entry.shape, " "));
        const auto head = std::as_bytes(std::span(text));
        all.insert(all.end(), head.begin(), head.end());
        all.insert(all.end(), entry.data.begin(), entry.data.end());
    }
    return digest_of(all);
}

/// The facts of a file that is the one that is asked for.
SafetensorsMetadata facts_of(const PriorChoice& choice, const std::string& model) {
    return {{"format", kFormat}, {"prior", choice.text()}, {"model", model}};
}

void save(const fs::path& file, const std::vector<GaussianMixture>& mixtures, SafetensorsMetadata facts) {
    const Arrays arrays(mixtures);
    const Index classes = std::ssize(mixtures), k = mixtures.front().components, size = mixtures.front().size;
    const auto bytes = [](const std::vector<double>& values) { return std::as_bytes(std::span(values)); };
    std::vector<SafetensorsEntry> entries = {
        {"covariances", "F64", {classes, k, size, size}, bytes(arrays.covariances)},
        {"means", "F64", {classes, k, size}, bytes(arrays.means)},
        {"weights", "F64", {classes, k}, bytes(arrays.weights)}};
    facts["sha256"] = digest_of(entries);
    write_safetensors(file, entries, facts);
}

/// The mixtures in a file that save() wrote.
std::vector<GaussianMixture> mixtures_in(const SafetensorsFile& content) {
    const auto values = [&](const char* name) {
        const SafetensorsEntry& entry = content.at(name);
        std::vector<double> all(entry.data.size() / sizeof(double));
        std::memcpy(all.data(), entry.data.data(), entry.data.size());
        return all;
    };
    const std::vector<std::int64_t>& shape = content.at("means").shape;
    const std::vector<double> weights = values("weights"), means = values("means"), covariances = values("covariances");
    std::vector<GaussianMixture> mixtures(static_cast<std::size_t>(shape.at(0)));
    for (std::size_t c = 0; c < mixtures.size(); ++c) {
        GaussianMixture& mixture = mixtures[c];
        mixture.components = shape.at(1);
        mixture.size = shape.at(2);
        const auto part_of = [&](const std::vector<double>& all) {
            const auto length = static_cast<std::ptrdiff_t>(all.size() / mixtures.size());
            const auto begin = all.begin() + static_cast<std::ptrdiff_t>(c) * length;
            return std::vector<double>(begin, begin + length);
        };
        mixture.weights = part_of(weights);
        mixture.means = part_of(means);
        mixture.covariances = part_of(covariances);
    }
    return mixtures;
}

/// The prior in a file that was kept, unless it is not what is asked for: then a sentence says why.
std::optional<CodePrior> kept_prior(const fs::path& file, const SafetensorsMetadata& asked) {
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return std::nullopt;
    const auto again = [&](const std::string& why) {
        say("{}: {}; the mixture is fitted again\n", file.string(), why);
        return std::nullopt;
    };
    try {
        const SafetensorsFile content = SafetensorsFile::open(file);
        SafetensorsMetadata facts = content.metadata();
        const std::string digest = facts["sha256"];
        if (digest != digest_of(content.entries())) return again("the file is damaged");
        for (const auto& [name, value] : asked) {
            if (facts[name] == value) continue;
            return again(name == "model" ? "it is of another model"
                                         : fmt::format("its {} is '{}', '{}' is asked for", name, facts[name], value));
        }
        return CodePrior(mixtures_in(content));
    } catch (const DataError& error) {
        return again(error.what());
    }
}

/// The codes of the training images, and their labels where the model takes them.
struct Codes {
    std::vector<float> values;
    std::vector<std::int32_t> labels;
};

/// The means mu of q(z|x), as Ghosh et al. and pythae take them, of the images as the run saw them: --labels-per-class
/// of them, with pixels drawn where --binarize dynamic drew them.
Codes codes_of_training_images(const OpenedVae& opened, Device device) {
    const FactReader reader(opened.facts, opened.file);
    ImageSet images = opened.data.train;
    if (opened.facts.contains("--labels-per-class")) {
        const std::int64_t few = reader.whole_number("--labels-per-class", 0, kMaxCount);
        std::uint64_t seed = 0;
        if (few > 0 && !parse_number(reader.text("--seed"), seed))
            throw DataError(fmt::format("{}: expected a seed as '--seed'; the file is damaged", opened.file));
        if (few > 0) images = images_at(images, choose_of_each_class(images, few, seed));
    }
    const bool draws_pixels = binarisation_of(opened.facts, opened.file) == Binarisation::dynamic;
    Generator pixels(kSeed, device, draws::kBinarisation);
    Vae& vae = *opened.vae;
    const Index classes = vae.options().classes;
    const NoGrad no_grad;
    const Evaluating evaluating(vae);
    Loader batches(images, device, {.batch_size = kBatch});
    Tensor batch;
    Buffer<std::int32_t> labels;
    Codes codes;
    std::uint64_t step = 0;
    for (batches.start_epoch(0); batches.next(batch, classes > 0 ? &labels : nullptr); ++step) {
        pixels.start_step(step);
        const std::vector<float> some =
            vae.encode(draws_pixels ? random_bernoulli(batch, pixels) : batch, labels).to_floats();
        codes.values.insert(codes.values.end(), some.begin(), some.end());
    }
    if (classes > 0) codes.labels.assign(images.labels.begin(), images.labels.end());
    if (!std::all_of(codes.values.begin(), codes.values.end(), [](float value) { return std::isfinite(value); })) {
        throw DataError(
            fmt::format("{}: expected finite latent codes, found NaN or infinity; use the checkpoint of a training "
                        "that did not diverge",
                        opened.file));
    }
    return codes;
}

/// The codes of one class.
std::vector<float> codes_of_class(const Codes& codes, Index latent, std::int32_t label) {
    std::vector<float> chosen;
    for (std::size_t i = 0; i < codes.labels.size(); ++i) {
        if (codes.labels[i] != label) continue;
        const auto from = codes.values.begin() + static_cast<std::ptrdiff_t>(i) * latent;
        chosen.insert(chosen.end(), from, from + latent);
    }
    return chosen;
}

/// Finds the images of the run, wherever it says that they are, and as it had them: options that make others of them
/// are about what is compared or trained.
OpenedVae open_as_trained(const std::string& file, const DataOptions& options, Device device) {
    OptionList none;
    Fitting as_run;
    describe_fitting(none, as_run);
    OpenedVae opened = open_vae(file, none, options, device);
    if (!opened.warning.empty() && !options.data.empty() && opened.facts.contains(kDataContent)) {
        throw DataError(
            fmt::format("{}: a mixture is fitted to the images that the model was trained on, and --data {} holds "
                        "others; ask once without --data, and the mixture is kept",
                        file, options.data));
    }
    return opened;
}

std::vector<GaussianMixture> fit_mixtures(const std::string& file, const PriorChoice& choice,
                                          const DataOptions& options, Device device) {
    const OpenedVae opened = open_as_trained(file, options, device);
    const Codes codes = codes_of_training_images(opened, device);
    const VaeOptions& model = opened.vae->options();
    const MixtureOptions how{.components = choice.components, .seed = kSeed};
    std::vector<GaussianMixture> mixtures;
    for (Index label = 0; label < std::max<Index>(model.classes, 1); ++label) {
        const bool is_one = model.classes == 0;
        const std::vector<float> some =
            is_one ? codes.values : codes_of_class(codes, model.latent, static_cast<std::int32_t>(label));
        const Index count = std::ssize(some) / model.latent;
        require(count >= choice.components,
                "--prior {}: expected a training image or more for each component, {} {}; ask for fewer components",
                choice.text(), is_one ? "there are" : fmt::format("class {} has", label), count);
        const MixtureFit fit = fit_mixture(some, model.latent, how, cpu_threads());
        say("{}{} fitted to the codes of {} training images: {:.2f} nats a code after {} steps{}\n", choice.text(),
            is_one ? "" : fmt::format(" of class {}", label), count, fit.scores.back(), fit.scores.size(),
            fit.has_converged ? "" : ", not converged");
        mixtures.push_back(fit.mixture);
    }
    return mixtures;
}

}  // namespace

std::string PriorChoice::text() const {
    return is_mixture() ? fmt::format("{}{}", kMixture, components) : std::string(kNormal);
}

void describe(OptionList& list, PriorChoice& choice) {
    const auto read = [&choice](std::span<const std::string> words) -> std::optional<BadValue> {
        const std::string& word = words.front();
        Index components = 0;
        const bool is_mixture = word.starts_with(kMixture) && parse_number(word.substr(kMixture.size()), components) &&
                                components >= 1 && components <= kMostComponents;
        if (word != kNormal && !is_mixture)
            return BadValue{fmt::format("normal, or gmm: and a number from 1 to {}, such as gmm:10", kMostComponents),
                            word};
        choice.components = components;
        return std::nullopt;
    };
    list.once("prior", CustomField{&choice, 1, [&choice] { return choice.text(); }, read},
              "What the codes of a VAE that draws come from: normal, as it was trained, or gmm:K, a mixture of K "
              "Gaussians that is fitted to the codes of its training images, once, and kept beside the checkpoint")
        .shown_as("PRIOR");
}

fs::path prior_file(const fs::path& checkpoint) { return fs::path(checkpoint).replace_extension(".prior.safetensors"); }

CodePrior find_prior(const std::string& checkpoint, const PriorChoice& choice, const DataOptions& options,
                     Device device) {
    if (!choice.is_mixture()) return {};
    const std::string file = find_checkpoint(checkpoint).string();
    const std::string kind = model_kind_of(file);
    require(kind == "vae",
            "--prior {}: {} holds a model of kind '{}'; a prior is fitted to the codes of VAEs, of mnist_vae, alone; "
            "leave it out",
            choice.text(), file, kind);
    const SafetensorsMetadata facts = facts_of(choice, digest_of(read_whole_file(file)));
    if (auto kept = kept_prior(prior_file(file), facts)) return std::move(*kept);
    const std::vector<GaussianMixture> mixtures = fit_mixtures(file, choice, options, device);
    warn_on_failure([&] { save(prior_file(file), mixtures, facts); });
    return CodePrior(mixtures);
}

}  // namespace sinter
