#include "apps/measure/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <utility>

#include "apps/generators/image_generator.h"
#include "apps/measure/sides.h"
#include "apps/training/training_setup.h"
#include "core/check.h"
#include "core/console.h"
#include "core/files/npy.h"
#include "core/statistics/class_measures.h"
#include "core/train/checkpoint.h"
#include "core/train/run_folder.h"

namespace sinter {
namespace {

/// The rows of responses that `images` names.
Responses choose(const Responses& all, std::span<const Index> images) {
    Responses chosen{static_cast<Index>(images.size()), all.classes, all.size, {}, {}};
    const auto append = [](std::vector<float>& to, const std::vector<float>& from, Index row, Index columns) {
        to.insert(to.end(), from.begin() + row * columns, from.begin() + (row + 1) * columns);
    };
    for (const Index image : images) {
        append(chosen.features, all.features, image, all.size);
        append(chosen.logits, all.logits, image, all.classes);
    }
    return chosen;
}

// Of images without a test set one of so many is a test image.
constexpr Index kEveryTested = 10;
constexpr std::uint64_t kSplitSeed = 1;  // of that draw: one set has one judge

/// Splits a set without a split of its own for a judge to learn from. The test images are drawn: sets are often
/// sorted, or have their classes in turn.
DataSplits split_for_judge(const ImageSet& images) {
    DataSplits data;
    for (ImageSet* set : {&data.train, &data.test}) {
        set->height = images.height;
        set->width = images.width;
        set->channels = images.channels;
        set->name = images.name;
    }
    std::vector<std::uint8_t> image(static_cast<std::size_t>(images.bytes_per_image()));
    std::vector<bool> is_test(static_cast<std::size_t>(images.count), false);
    const std::vector<Index> order = split_order(images.count, kSplitSeed);
    for (Index i = 0; i < images.count / kEveryTested; ++i)
        is_test[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = true;
    for (Index i = 0; i < images.count; ++i) {
        ImageSet& set = is_test[static_cast<std::size_t>(i)] ? data.test : data.train;
        images.read(i, 1, image.data());
        set.pixels.insert(set.pixels.end(), image.begin(), image.end());
        ++set.count;
    }
    if (data.test.count == 0) data.test = data.train;  // fewer than ten, on which nothing is tested
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

/// Makes the judge, and finds out how good it is. `data`: what it is to be trained on or asked about.
void find_standing(Comparison& comparison, const MeasureOptions& options, const DataSplits& data, bool has_classes,
                   Device device) {
    const JudgeTask task = has_classes ? JudgeTask::classes : JudgeTask::rotations;
    const std::string file =
        options.classifier.empty() ? find_judge({data, task, !options.quiet}, device) : options.classifier;
    comparison.judge = std::make_unique<Judge>(file, device);
    Judge& judge = *comparison.judge;
    JudgeStanding& standing = comparison.reference.judge;
    standing.name = judge.name();
    standing.knows_classes = judge.task() == JudgeTask::classes;
    judge.require_fit(data.test);
    if (standing.knows_classes && !has_classes) {
        standing.accuracy = std::numeric_limits<double>::quiet_NaN();
        return;
    }
    if (standing.knows_classes && data.test.classes != judge.options().classes) {
        standing.knows_these = false;
        standing.accuracy = std::numeric_limits<double>::quiet_NaN();
        return;
    }
    const auto content = judge.facts().find(kDataContent);
    standing.knows_these = options.classifier.empty() || content == judge.facts().end() || data.content.empty() ||
                           content->second == data.content;
    standing.accuracy = judge.score_on(data.test, judge.respond_to(data.test)).accuracy;
}

/// What the yardstick is for real images that are a split of a set: as many of its other split.
void find_yardstick(Reference& reference, Judge& judge, const ImageSet& other, const char* other_split, Index count,
                    std::uint64_t seed) {
    const Index chosen = std::min(count, other.count);
    const LoaderOptions order{.batch_size = kEvaluationBatch, .shuffle = true, .seed = seed};
    reference.yardstick = judge.respond_to(other, chosen, order);
    reference.yardstick_words = fmt::format("{} {} images of {}", chosen, other_split, other.name);
}

/// For real images of no set: one half of them, drawn at random, against the other.
void halve(Reference& reference, std::uint64_t seed) {
    const Responses& real = reference.real;
    if (real.images < 4) return;
    const std::vector<Index> order = split_order(real.images, seed);
    const std::size_t half = order.size() / 2;
    reference.yardstick = choose(real, std::span(order).first(half));
    reference.yardstick_against = choose(real, std::span(order).subspan(half, half));
    reference.yardstick_words =
        fmt::format("one half of the real images ({}) against the other", reference.yardstick.images);
}

/// A side whose images are all that is known.
void use_loose_images(Comparison& comparison, const MeasureOptions& options, const ImageSet& real, Device device) {
    find_standing(comparison, options, split_for_judge(real), false, device);
    // Its training took all of so few.
    if (options.classifier.empty() && real.count < kEveryTested)
        comparison.reference.judge.accuracy = std::numeric_limits<double>::quiet_NaN();
    comparison.reference.real = comparison.judge->respond_to(real);
    halve(comparison.reference, options.seed);
}

/// A side that is a split of a data set.
void use_set(Comparison& comparison, const MeasureOptions& options, DataSplits data, SplitChoice split, Device device) {
    find_standing(comparison, options, data, data.test.classes >= 2, device);
    Reference& reference = comparison.reference;
    reference.content = data.content;
    const bool is_test = split == SplitChoice::test;
    const ImageSet& real = is_test ? data.test : data.train;
    reference.real = comparison.judge->respond_to(real);
    find_yardstick(reference, *comparison.judge, is_test ? data.train : data.test, is_test ? "training" : "test",
                   comparison.images.count, options.seed);
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

/// The features [count, size] in a .npy file; nothing for any other place.
std::optional<Responses> read_features(const char* option, const std::string& place) {
    if (std::filesystem::path(place).extension() != ".npy") return std::nullopt;
    const NpyArray array = read_npy(place);
    if (array.shape.size() != 2) return std::nullopt;
    Responses found{array.shape[0], 0, array.shape[1], {}, {}};
    if (found.images < 2 || found.size < 1) {
        throw DataError(fmt::format("{} {}: expected two vectors of features or more, came {} of {} numbers", option,
                                    place, found.images, found.size));
    }
    if (array.type == npy_type<float>()) {
        found.features.resize(static_cast<std::size_t>(array.count()));
        std::memcpy(found.features.data(), array.data.data(), array.data.size());
    } else if (array.type == npy_type<double>()) {
        std::vector<double> values(static_cast<std::size_t>(array.count()));
        std::memcpy(values.data(), array.data.data(), array.data.size());
        found.features.assign(values.begin(), values.end());
    } else {
        throw DataError(fmt::format("{} {}: expected features of type <f4 or <f8, came {}", option, place, array.type));
    }
    const auto wrong = std::find_if_not(found.features.begin(), found.features.end(),
                                        [](float value) { return std::isfinite(value); });
    if (wrong != found.features.end()) {
        throw DataError(fmt::format("{} {}: expected finite features, came NaN or infinity in vector {}", option, place,
                                    (wrong - found.features.begin()) / found.size));
    }
    return found;
}

/// Both sides as features that somebody else computed.
std::optional<Comparison> compare_given_features(const MeasureOptions& options) {
    auto images = read_features("--images", options.side_images);
    auto real = read_features("--against", options.side_against);
    if (!images && !real) return std::nullopt;
    if (!images || !real) {
        const std::string features = images ? "--images " + options.side_images : "--against " + options.side_against;
        const std::string& other = images ? options.side_against : options.side_images;
        throw DataError(fmt::format("{} holds features, [count, size]: expected {} with such a file as well, came {}",
                                    features, images ? "--against" : "--images", other.empty() ? "nothing" : other));
    }
    if (images->size != real->size) {
        throw DataError(fmt::format(
            "--images and --against: expected features of one size on both sides, {} has {} features and {} has {}; "
            "give those of one network",
            options.side_images, images->size, options.side_against, real->size));
    }
    require(options.save_reference.empty(),
            "--save-reference: is for images and their judge; features are in a file already, give that");
    Comparison comparison;
    comparison.words = fmt::format("the {} vectors of {}", images->images, options.side_images);
    comparison.responses = std::move(*images);
    Reference& reference = comparison.reference;
    reference.words = fmt::format("the {} vectors of {}", real->images, options.side_against);
    reference.real = std::move(*real);
    reference.judge.name = "none, these are features";
    reference.judge.knows_classes = false;
    halve(reference, options.seed);
    return comparison;
}

/// --images with --against or --data.
Comparison compare_given_images(const OptionList&, const MeasureOptions& options, Device device) {
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
    const GeneratedKind& kind = generator->kind();
    if (is_saved_reference(options.side_against)) {
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
        draw_side(comparison, *generator, options.samples > 0 ? options.samples : real.images.count);
        use_real_side(comparison, options, std::move(real), device);
        return comparison;
    }
    const CheckpointFacts facts = read_checkpoint_facts(file);
    CheckpointData found =
        find_checkpoint_data(file, facts, list, options, ImageSize{kind.height, kind.width, kind.channels});
    comparison.warning = found.warning;
    draw_side(comparison, *generator, options.samples > 0 ? options.samples : found.data.test.count);
    comparison.reference.words = fmt::format("the {} test images of {}", found.data.test.count, found.data.test.name);
    use_set(comparison, options, std::move(found.data), SplitChoice::test, device);
    return comparison;
}

}  // namespace

Comparison open_comparison(const OptionList& list, const MeasureOptions& options, Device device) {
    if (auto features = compare_given_features(options)) return std::move(*features);
    Comparison comparison = options.side_images.empty() ? compare_checkpoint(list, options, device)
                                                        : compare_given_images(list, options, device);
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
