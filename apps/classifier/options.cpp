#include "apps/classifier/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>

#include "apps/common/config_file.h"
#include "apps/measures/classifier_recipe.h"
#include "core/check.h"
#include "core/console.h"
#include "core/data/describe.h"
#include "core/data/formats/image_folder.h"
#include "core/data/subset.h"
#include "core/error.h"

namespace sinter {

namespace {

constexpr const char* kByArchitecture = "by --arch, see below";

/// The recipes, as --help tells them.
std::string defaults_by_architecture() {
    constexpr Index kSide = 32, kImages = 50'000;  // CIFAR-10's
    std::string text = "Defaults by --arch:";
    for (const auto& architecture : kClassifierArchitectures) {
        const ClassifierRecipe recipe =
            recipe_for({.architecture = architecture.value, .height = kSide, .width = kSide, .channels = 3}, kImages);
        text += fmt::format("\n  {:<12} --epochs {} --batch-size {} --lr {} --optimizer {} --weight-decay {}",
                            architecture.name, recipe.epochs, recipe.batch_size, recipe.lr,
                            name_of(kOptimizers, recipe.optimizer), recipe.weight_decay);
        if (recipe.shift > 0) {
            text += fmt::format("\n{:15}--warmup-steps {} (less on few images) --shift {} (an eighth of {} pixels){}",
                                "", recipe.warmup_steps, recipe.shift, kSide,
                                recipe.flip ? "\n               --flip on colour" : "");
        }
    }
    return text;
}

void describe_added(OptionList& list, ClassifierProgramOptions& options) {
    list.section("Data");
    const auto text = [&options] { return options.add; };
    const auto read = [&options](std::span<const std::string> words) -> std::optional<BadValue> {
        if (!is_utf8(words.front())) return BadValue{"a path in UTF-8, as files of a run keep it", words.front()};
        if (!words.front().empty()) options.add = std::filesystem::absolute(words.front()).lexically_normal().string();
        return std::nullopt;
    };
    list.fixed("add", CustomField{&options.add, 1, text, read},
               "Train on the images in this folder as well: class folders named as the classes of the data, such as "
               "--sample --by-class writes; --labels-per-class does not count them")
        .shown_as("FOLDER")
        .told_as([&options] { return options.added; })
        .before("");
    list.fixed("added-only", options.added_only, "Train on the images of --add alone, and test on the data")
        .before("false");
}

void describe_augmentation(OptionList& list, ClassifierProgramOptions& options) {
    list.section("Training");
    list.fixed("flip", options.flip,
               "Mirror half of the training images left to right, others every epoch; --flip=false: not, whatever "
               "--arch")
        .before("false");
    list.fixed("shift", options.shift,
               "Move each training image by up to so many pixels each way, by others every epoch; black comes in")
        .from(0, kMaxPixelsPerSide)
        .before("0");
}

}  // namespace

void describe(OptionList& list, ClassifierProgramOptions& options) {
    describe_training(list, options);
    describe_size(list, options.images);
    describe_channels(list, options.images);
    describe_fitting(list, options.images.fitting);
    describe_added(list, options);
    describe(list, options.model);
    describe_augmentation(list, options);
    list.section("Training");
    list.free("test-every", options.test_every, "Epochs between tests; 0: only at the end").from(0);
    for (const char* name : {"epochs", "batch-size", "lr", "warmup-steps", "optimizer", "weight-decay", "shift"})
        list.find(name)->usually(kByArchitecture);
    list.set_footer(defaults_by_architecture());
    list.section("Use");
    list.once("evaluate", options.evaluate, "Test this checkpoint instead of training").shown_as("CHECKPOINT");
    list.once("judge", options.judge, "Is now the program measure: says its command").shown_as("FOLDER");
    list.once("checkpoint", options.checkpoint, "For that command").shown_as("FILE");
    describe_run(list, options);
}

void check_options(const ClassifierProgramOptions& options) {
    if (!options.judge.empty() || !options.checkpoint.empty()) {
        const auto or_else = [](const std::string& word, const char* instead) { return word.empty() ? instead : word; };
        throw UsageError(
            fmt::format("--judge has become the program measure: ./run measure --images {} --data {} "
                        "--classifier {}",
                        or_else(options.judge, "FOLDER"), or_else(options.data, "DATA"),
                        or_else(options.checkpoint, "CHECKPOINT")));
    }
    require(!options.added_only || !options.add.empty(),
            "--added-only: expected --add with the folder of the images to train on");
}

void add_images(ClassifierProgramOptions& options, DataSplits& data) {
    if (options.add.empty()) return;
    ImageSet& train = data.train;
    if (train.labels.empty()) {
        throw DataError(
            fmt::format("--add: the images of {} have no labels, so that there are no classes to add to", train.name));
    }
    ImageRequest request = options.images.request();
    request.height = train.height;
    request.width = train.width;
    request.channels = train.channels;
    const ImageSet more = load_labelled_images(options.add, data.class_names, request,
                                               [](const std::string& sentence) { say("{}\n", sentence); });
    say("{} {} images of {}\n", options.added_only ? "training on" : "adding", more.count, options.add);
    DataSplits content;
    content.train = more;
    options.added = fmt::format("{} images, content {}", more.count, content_hash(content));
    if (!options.added_only) return append_images(train, more);
    const std::string name = train.name;
    train = more;
    train.name = name;
}

void fit_model(const OptionList& list, ClassifierProgramOptions& options, const ImageSet& images) {
    if (images.labels.empty()) {
        throw DataError(
            fmt::format("the images of {} have no labels to learn; give a set that has, with --data", images.name));
    }
    if (images.classes < 2) {
        throw DataError(
            fmt::format("the images of {} are all of one class; a classifier needs two or more", images.name));
    }
    options.model.height = images.height;
    options.model.width = images.width;
    options.model.channels = images.channels;
    options.model.classes = images.classes;
    const ClassifierRecipe recipe = recipe_for(options.model, images.count);
    list.otherwise(options.epochs, recipe.epochs);
    list.otherwise(options.batch_size, recipe.batch_size);
    list.otherwise(options.lr, recipe.lr);
    list.otherwise(options.optimizer, recipe.optimizer);
    list.otherwise(options.weight_decay, recipe.weight_decay);
    list.otherwise(options.warmup_steps, recipe.warmup_steps);
    list.otherwise(options.flip, recipe.flip);
    list.otherwise(options.shift, recipe.shift);
    const Index side = std::min(images.height, images.width);
    require(options.shift < side, "--shift {}: the images of {} are {} pixels long; move them by less", options.shift,
            images.name, side);
}

}  // namespace sinter
