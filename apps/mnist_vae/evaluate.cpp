#include "apps/mnist_vae/evaluate.h"

#include <fmt/format.h>

#include <filesystem>

#include "apps/generators/sampling.h"
#include "apps/vae/evaluate.h"
#include "apps/vae/open_vae.h"
#include "apps/vae/pictures.h"
#include "core/console.h"
#include "core/data/loader.h"
#include "core/options/parse_number.h"
#include "core/train/metrics.h"

namespace sinter {
namespace {

struct Noise {
    std::uint64_t seed;
    std::int64_t epoch;
};

/// The noise with which the run tested its last epoch, whole or cut, so that its loss is found again to the digit; of
/// another seed where --seed asks for one.
Noise noise_of_run(const CheckpointFacts& facts, const std::string& file, std::uint64_t asked, bool is_asked) {
    Noise noise{asked, 0};
    const FactReader reader(facts, file);
    const bool is_within = facts.contains("position") && reader.whole_number("position", 0, kMaxCount) > 0;
    if (facts.contains("epoch")) noise.epoch = reader.whole_number("epoch", 1, kMaxCount) - (is_within ? 0 : 1);
    const auto seed = facts.find("--seed");
    if (!is_asked && seed != facts.end() && !parse_number(seed->second, noise.seed))
        throw DataError(
            fmt::format("{}: expected a seed as '--seed', found '{}'; the file is damaged", file, seed->second));
    return noise;
}

}  // namespace

ExitCode evaluate_checkpoint(const OptionList& list, const MnistVaeOptions& options) {
    const Device device = choose_device(options);
    const OpenedVae opened = open_vae(options.evaluate, list, options, device);
    const VaeOptions& model = opened.vae->options();
    const ImageSet& images = opened.data.test;
    if (!options.out.empty()) prepare_sample_folder(options.out, "--evaluate");
    if (model.classes > 0 && model.classes != images.classes) {
        throw DataError(fmt::format("{}: the model knows {} classes, '{}' has {}; give its data with --data",
                                    opened.file, model.classes, images.name, images.classes));
    }
    Loader batches(images, device, {.batch_size = evaluation_batch(model)});
    const auto [seed, epoch] = noise_of_run(opened.facts, opened.file, options.seed, list.is_given(options.seed));
    const Means test = evaluate(*opened.vae, batches, seed, epoch);
    std::vector<MetricField> line = {{"split", "test"}, {"images", test.images()}, {"data", images.name}};
    for (const MetricField& loss : test.fields()) line.push_back(loss);
    if (!opened.warning.empty()) line.push_back({"warning", opened.warning});
    answer_lines(format_metrics_line(line));
    if (options.out.empty()) return ExitCode::ok;
    const std::filesystem::path out = options.out;
    VaePictures pictures(*opened.vae, images, seed);
    pictures.samples(out / "samples.png");
    pictures.reconstructions(out / "reconstructions.png");
    pictures.finals([&](const std::string& name) { return out / (name + ".png"); });
    say("pictures: {}\n", out.string());
    return ExitCode::ok;
}

}  // namespace sinter
