#include "apps/measure/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include "apps/generators/image_generator.h"
#include "apps/measure/features.h"
#include "apps/measure/sides.h"
#include "apps/training/training_setup.h"
#include "core/check.h"
#include "core/console.h"
#include "core/data/binarise.h"
#include "core/data/subset.h"
#include "core/statistics/random_order.h"
#include "core/train/checkpoint.h"
#include "core/train/run_folder.h"

namespace sinter {
namespace {

constexpr Index kTestedOf = 10;  // of so many images without a test set one is for tests

/// Splits a set without a split of its own for a judge to learn from: a tenth, drawn at random, are test images.
DataSplits split_for_judge(const ImageSet& images) {
    std::vector<Index> train, test;
    const std::vector<Index> order = random_order(images.count, 0);  // images may come sorted, or classes in turn
    for (Index i = 0; i < images.count; ++i)
        (i % kTestedOf == kTestedOf - 1 ? test : train).push_back(order[static_cast<std::size_t>(i)]);
    DataSplits data;
    data.train = images_at(images, train);
    data.test = test.empty() ? data.train : images_at(images, test);  // fewer than ten
    return data;
}

void require_images(const char* option, const ImageSet& images) {
    if (images.count >= 2) return;
    throw DataError(fmt::format("{}: expected two images or more in {}, found {}", option, images.name, images.count));
}

/// The images of the checkpoint, as many as there are real ones unless --samples says otherwise.
void draw_side(Comparison& comparison, ImageGenerator& generator, Index count) {
    comparison.images = draw_images(generator, count);
    comparison.words =
        fmt::format("{} images drawn by {} ({})", count, generator.kind().description, generator.kind().file);
}

/// The reconstructions of the real images, which the encoder sees as it was trained: binarised, where it was.
void rebuild_side(Comparison& comparison, ImageGenerator& generator, const ImageSet& real, Device device) {
    const std::string& file = generator.kind().file;
    DataSplits seen;
    seen.test = real;
    binarise(seen, binarisation_of(read_checkpoint_facts(file), file));
    comparison.images = rebuild_images(generator, seen.test, device);
    comparison.words = fmt::format("{} reconstructions by {} ({})", real.count, generator.kind().description, file);
}

/// Makes the judge that is named, or the one for this data, and tries it. `has_split`: whether the data has training
/// images of its own, some of which the judge need not see.
void make_judge(Comparison& comparison, const MeasureOptions& options, const DataSplits& data, bool has_split,
                Device device) {
    const JudgeRequest request{.data = data, .hold_out = has_split, .show_progress = !options.quiet};
    const std::string file = options.classifier.empty() ? find_judge(request, device) : options.classifier;
    comparison.judge = std::make_unique<Judge>(file, device);
    comparison.reference.judge = comparison.judge->standing_on(data);
}

/// Takes real images of the other split for a yardstick: as many as there are images, new to the judge where it is
/// ours.
void find_yardstick(Comparison& comparison, const DataSplits& data, SplitChoice split, std::uint64_t seed) {
    Reference& reference = comparison.reference;
    Judge& judge = *comparison.judge;
    const bool is_test = split == SplitChoice::test, is_new = is_test && judge.holds_out();
    const ImageSet others = is_new ? held_out_images(data.train) : is_test ? data.train : data.test;
    const Index chosen = std::min(comparison.images.count, others.count);
    reference.yardstick =
        judge.respond_to(others, chosen, {.batch_size = kEvaluationBatch, .shuffle = true, .seed = seed});
    reference.yardstick_words = fmt::format("{} {} images of {}{}", chosen, is_test ? "training" : "test", others.name,
                                            is_new    ? " that the judge has not seen"
                                            : is_test ? ", from which the judge may have learned"
                                                      : "");
}

/// A side whose images are all that is known.
void use_loose_images(Comparison& comparison, const MeasureOptions& options, const ImageSet& real, Device device) {
    make_judge(comparison, options, split_for_judge(real), false, device);
    comparison.reference.judge.has_seen_real = options.classifier.empty();
    // Its training took all of so few.
    if (options.classifier.empty() && real.count < kTestedOf)
        comparison.reference.judge.accuracy = std::numeric_limits<double>::quiet_NaN();
    comparison.reference.real = comparison.judge->respond_to(real);
    comparison.reference.halve(options.seed);
}

/// A side that is a split of a data set.
void use_set(Comparison& comparison, const MeasureOptions& options, DataSplits data, SplitChoice split, Device device) {
    make_judge(comparison, options, data, true, device);
    Reference& reference = comparison.reference;
    reference.content = data.content;
    const bool is_test = split == SplitChoice::test;
    const ImageSet& real = is_test ? data.test : data.train;
    reference.real = comparison.judge->respond_to(real);
    reference.judge.has_seen_real = !is_test && reference.judge.knows_these;
    find_yardstick(comparison, data, split, options.seed);
    comparison.training = std::move(data.train);
    comparison.real_is_training = !is_test;
}

void use_real_side(Comparison& comparison, const MeasureOptions& options, Side real, Device device) {
    comparison.reference.words = real.words;
    if (real.set)
        use_set(comparison, options, std::move(*real.set), options.against_split, device);
    else
        use_loose_images(comparison, options, real.images, device);
}

void use_saved_reference(Comparison& comparison, const MeasureOptions& options, Device device) {
    comparison.reference = Reference::load(options.side_against);
    const Reference& reference = comparison.reference;
    const std::string& file = options.classifier.empty() ? reference.judge_file : options.classifier;
    std::error_code ignored;
    if (options.classifier.empty() && !std::filesystem::exists(file, ignored)) {
        throw DataError(
            fmt::format("{}: its judge, {}, is not there any more; give it with --classifier, or save the reference "
                        "again",
                        options.side_against, file));
    }
    comparison.judge = std::make_unique<Judge>(file, device);
    const Judge& judge = *comparison.judge;
    const bool is_same = reference.judge_content.empty() || reference.judge_content == judge.content();
    if (!is_same || judge.name() != reference.judge.name || judge.options().features != reference.real.size) {
        throw DataError(
            fmt::format("{}: its features are those of another judge than {}: of {} ({}); give that one with "
                        "--classifier, or save the reference again",
                        options.side_against, file, reference.judge_file, reference.judge.name));
    }
}

bool is_saved_reference(const std::string& place) { return std::filesystem::path(place).extension() == ".safetensors"; }

/// --images with --against or --data.
Comparison compare_given_images(const MeasureOptions& options, Device device) {
    Comparison comparison;
    Side side = load_side("--images", options.side_images, options.images_split, options);
    require_images("--images", side.images);
    comparison.images = std::move(side.images);
    comparison.words = std::move(side.words);
    if (is_saved_reference(options.side_against)) {
        use_saved_reference(comparison, options, device);
        return comparison;
    }
    const bool is_of_data = options.side_against.empty();
    Side real = is_of_data ? load_side("--data", options.data, options.against_split, options)
                           : load_side("--against", options.side_against, options.against_split, options);
    require_images(is_of_data ? "--data" : "--against", real.images);
    use_real_side(comparison, options, std::move(real), device);
    return comparison;
}

Comparison compare_checkpoint(const OptionList& list, const MeasureOptions& options, Device device) {
    Comparison comparison;
    const std::string file = checkpoint_to_measure(options);
    const std::unique_ptr<ImageGenerator> generator = load_generator(file, device, options.seed);
    if (options.prior.is_mixture())
        generator->use_prior(find_prior(file, options.prior, options, device), options.prior.text());
    const GeneratedKind& kind = generator->kind();
    const auto take_side = [&](const ImageSet& real) {
        if (options.reconstructions)
            rebuild_side(comparison, *generator, real, device);
        else
            draw_side(comparison, *generator, options.samples > 0 ? options.samples : real.count);
    };
    if (is_saved_reference(options.side_against)) {
        require(
            !options.reconstructions,
            "--reconstructions: a file of --save-reference holds no images to rebuild; give the images themselves with "
            "--against, or leave it out");
        use_saved_reference(comparison, options, device);
        draw_side(comparison, *generator, options.samples > 0 ? options.samples : comparison.reference.real.images);
        return comparison;
    }
    if (!options.side_against.empty()) {
        DataOptions fitted = options;
        if (fitted.images.width == 0) fitted.images.width = kind.width, fitted.images.height = kind.height;
        if (fitted.images.channels == 0) fitted.images.channels = kind.channels;
        Side real = load_side("--against", options.side_against, options.against_split, fitted);
        require_images("--against", real.images);
        take_side(real.images);
        use_real_side(comparison, options, std::move(real), device);
        return comparison;
    }
    const CheckpointFacts facts = read_checkpoint_facts(file);
    CheckpointData found =
        find_checkpoint_data(file, facts, list, options, ImageSize{kind.height, kind.width, kind.channels});
    comparison.warning = found.warning;
    take_side(found.data.test);
    comparison.reference.words = fmt::format("the {} test images of {}", found.data.test.count, found.data.test.name);
    use_set(comparison, options, std::move(found.data), SplitChoice::test, device);
    return comparison;
}

}  // namespace

Comparison open_comparison(const OptionList& list, const MeasureOptions& options, Device device) {
    if (auto features = compare_given_features(options)) return std::move(*features);
    Comparison comparison =
        options.side_images.empty() ? compare_checkpoint(list, options, device) : compare_given_images(options, device);
    comparison.reference.judge_file = comparison.judge->file();
    comparison.reference.judge_content = comparison.judge->content();
    comparison.responses = comparison.judge->respond_to(comparison.images);
    return comparison;
}

std::string checkpoint_to_measure(const MeasureOptions& options) {
    if (!options.checkpoint.empty()) return find_checkpoint(options.checkpoint).string();
    std::filesystem::path newest;
    std::filesystem::file_time_type when = std::filesystem::file_time_type::min();
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("runs", ignored)) {
        const std::filesystem::path file = entry.path() / "checkpoints" / "last.safetensors";
        const auto written = std::filesystem::last_write_time(file, ignored);
        if (!std::filesystem::exists(file, ignored) || written <= when || model_kind_of(file) == "classifier") continue;
        when = written;
        newest = file;
    }
    require(
        !newest.empty(),
        "expected a model to measure: there is no run in runs/; train one (./run mnist_vae), or give --checkpoint or "
        "--images");
    say("measuring the newest run, {}\n", newest.string());
    return newest.string();
}

}  // namespace sinter
