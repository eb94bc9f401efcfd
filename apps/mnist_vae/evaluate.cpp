#include "apps/mnist_vae/evaluate.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "apps/generators/sampling.h"
#include "apps/training/training_setup.h"
#include "apps/vae/evaluate.h"
#include "apps/vae/pictures.h"
#include "core/console.h"
#include "core/data/binarise.h"
#include "core/options/parse_number.h"
#include "core/train/checkpoint.h"
#include "core/train/metrics.h"
#include "models/vae_options.h"

namespace sinter {
namespace {

struct Noise {
    std::uint64_t seed;
    std::int64_t epoch;
};

/// The noise with which the run tested its last whole epoch, so that its loss is found again to the digit; of another
/// seed where --seed asks for one.
Noise noise_of_run(const CheckpointFacts& facts, const std::string& file, std::uint64_t asked, bool is_asked) {
    Noise noise{asked, 0};
    const FactReader reader(facts, file);
    if (facts.contains("epoch")) noise.epoch = reader.whole_number("epoch", 1, kMaxCount) - 1;
    const auto seed = facts.find("--seed");
    if (!is_asked && seed != facts.end() && !parse_number(seed->second, noise.seed))
        throw DataError(
            fmt::format("{}: expected a seed as '--seed', found '{}'; the file is damaged", file, seed->second));
    return noise;
}

}  // namespace

ExitCode evaluate_checkpoint(const OptionList& list, const MnistVaeOptions& options) {
    const Device device = choose_device(options);
    const std::string checkpoint = find_checkpoint(options.evaluate).string();
    const std::unique_ptr<Vae> vae = load_vae(checkpoint, device);
    const VaeOptions& model = vae->options();
    const CheckpointFacts facts = read_checkpoint_facts(checkpoint);
    auto [data, warning] =
        find_checkpoint_data(checkpoint, facts, list, options, {model.height, model.width, model.channels});
    binarise(data, list.is_given(options.binarisation) ? options.binarisation : binarisation_of(facts, checkpoint));
    if (!options.out.empty()) prepare_sample_folder(options.out, "--evaluate");
    if (model.classes > 0 && model.classes != data.test.classes) {
        throw DataError(fmt::format("{}: the model knows {} classes, '{}' has {}; give its data with --data",
                                    checkpoint, model.classes, data.test.name, data.test.classes));
    }
    Loader batches(data.test, device, {.batch_size = evaluation_batch(model)});
    const auto [seed, epoch] = noise_of_run(facts, checkpoint, options.seed, list.is_given(options.seed));
    const Means test = evaluate(*vae, batches, seed, epoch);
    std::vector<MetricField> line = {{"split", "test"}, {"images", test.images()}, {"data", data.test.name}};
    for (const MetricField& loss : test.fields()) line.push_back(loss);
    if (!warning.empty()) line.push_back({"warning", warning});
    answer_lines(format_metrics_line(line));
    if (options.out.empty()) return ExitCode::ok;
    const std::filesystem::path out = options.out;
    VaePictures pictures(*vae, data.test, seed);
    pictures.samples(out / "samples.png");
    pictures.reconstructions(out / "reconstructions.png");
    pictures.finals([&](const std::string& name) { return out / (name + ".png"); });
    say("pictures: {}\n", out.string());
    return ExitCode::ok;
}

}  // namespace sinter
