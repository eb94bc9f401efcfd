#include "apps/training/training_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/common/config_file.h"
#include "core/console.h"
#include "core/data/find_data.h"
#include "core/data/subset.h"

namespace sinter {
namespace {

constexpr const char* kProgram = "program";

DataSplits find_and_say(const std::string& place, const ImageRequest& request, const std::string& reason) {
    const auto option = place.empty() ? std::nullopt : std::make_optional<std::filesystem::path>(place);
    DataSplits data = find_data(
        option, request, [](const std::string& sentence) { say("{}\n", sentence); }, reason);
    say("{}\n", data.source);
    return data;
}

/// Keeps --labels-per-class images of each class.
void keep_few_labels(ImageSet& train, const TrainingOptions& options) {
    const std::vector<std::int64_t> chosen = choose_of_each_class(train, options.images.labels_per_class, options.seed);
    say("training on {} of its {} images, {} of each class\n", chosen.size(), train.count,
        options.images.labels_per_class);
    train = images_at(train, chosen);
}

/// How the run of this checkpoint fitted its images, but for the options that are given.
Fitting fitting_of(const CheckpointFacts& facts, const std::string& file, const OptionList& given) {
    Fitting fitting;
    OptionList list;
    describe_fitting(list, fitting);
    for (Option& option : list.options()) {
        const auto fact = facts.find(option.fact_name());
        const auto now = std::find_if(given.options().begin(), given.options().end(),
                                      [&](const Option& other) { return other.name == option.name; });
        const std::string text = now->is_given ? now->text() : fact != facts.end() ? fact->second : option.text();
        if (option.read(text)) {
            throw DataError(
                fmt::format("{}: '{}' is no value of {}; the file is damaged", file, text, option.fact_name()));
        }
    }
    return fitting;
}

}  // namespace

DataSplits find_training_data(TrainingOptions& options, const ChooseSize& choose_size) {
    ImageRequest request = options.images.request();
    request.choose_size = choose_size;
    request.show_progress = !options.quiet;
    DataSplits data = find_and_say(options.data, request,
                                   options.resume ? "--data or the run's config.toml says so" : "--data says so");
    if (!is_utf8(data.place))
        throw DataError(fmt::format("{}: expected a path in UTF-8, as files of a run keep it; rename it", data.place));
    options.data = data.place;
    // A model has seen images on this scale: it belongs to the run.
    if (data.range > 0) options.images.fitting.range = data.range;
    if (options.images.labels_per_class > 0) keep_few_labels(data.train, options);
    return data;
}

CheckpointData find_checkpoint_data(const std::filesystem::path& checkpoint, const CheckpointFacts& facts,
                                    const OptionList& list, const DataOptions& options, const ImageSize& size) {
    std::string place = options.data, reason = "--data says so";
    if (const std::filesystem::path config = config_of_checkpoint(checkpoint); place.empty() && !config.empty()) {
        place = config_value(config, "data");
        reason = fmt::format("{} says so (another place is given with --data)", config.string());
    }
    ImageRequest request = options.images.request();
    request.fitting = fitting_of(facts, checkpoint.string(), list);
    request.height = size.height;
    request.width = size.width;
    request.channels = size.channels;
    request.show_progress = !options.quiet;
    CheckpointData found{find_and_say(place, request, reason), ""};
    const auto content = facts.find(kDataContent);
    if (content == facts.end()) {
        found.warning = "the checkpoint is too old to tell whether this is the data that it was trained on";
    } else if (content->second != found.data.content) {
        const auto trained_on = facts.find(kDataName);
        if (options.data.empty()) {
            throw DataError(fmt::format(
                "{}: expected the data that it was trained on ({}, content {}), found {} (content {}); give its place "
                "with --data, or that of other data which you mean",
                checkpoint.string(), trained_on == facts.end() ? "?" : trained_on->second, content->second,
                found.data.place, found.data.content));
        }
        found.warning = "not the data it was trained on";
    }
    if (!found.warning.empty()) say("warning: {}\n", found.warning);
    return found;
}

void introduce(const std::string& model, Device device) {
    if (device != Device::cpu()) {
        say("{}, on {}\n", model, device.description());
        return;
    }
    say("{}, on {} with {} thread{}\n", model, device.name(), cpu_threads(), cpu_threads() == 1 ? "" : "s");
}

Index labelled_classes(const ImageSet& images) {
    if (images.classes > 0) return images.classes;
    throw DataError(fmt::format(
        "--conditional: {} has no labels; sort its images into a folder for each class, or leave it out", images.name));
}

std::unique_ptr<Optimizer> make_optimizer(const TrainingOptions& options, const Module& module, Betas betas) {
    switch (options.optimizer) {
        case OptimizerKind::adam:
        case OptimizerKind::adamw:
            break;
        case OptimizerKind::rmsprop:
            return std::make_unique<Rmsprop>(module,
                                             RmspropOptions{.weight_decay = options.weight_decay, .l1 = options.l1});
        case OptimizerKind::sgd:
            return std::make_unique<Sgd>(
                module, SgdOptions{.momentum = 0.9, .weight_decay = options.weight_decay, .l1 = options.l1});
    }
    return std::make_unique<Adam>(module, AdamOptions{.beta1 = betas.beta1,
                                                      .beta2 = betas.beta2,
                                                      .weight_decay = options.weight_decay,
                                                      .l1 = options.l1,
                                                      .decoupled = options.optimizer == OptimizerKind::adamw});
}

Schedule make_schedule(const TrainingOptions& options, std::int64_t steps_per_epoch) {
    Schedule schedule;
    schedule.kind = options.lr_schedule;
    schedule.warmup_steps = options.warmup_steps;
    schedule.total_steps = options.epochs * steps_per_epoch;
    schedule.step_size = std::max<std::int64_t>(1, (schedule.total_steps + 2) / 3);
    return schedule;
}

CheckpointFacts training_facts(const OptionList& list, const DataSplits& data) {
    CheckpointFacts facts = facts_of(list);
    std::vector<std::string> names = data.class_names;
    names.push_back(data.train.name);
    for (const std::string& name : names)
        if (!is_utf8(name)) throw DataError(fmt::format("{}: expected a name in UTF-8; rename it", name));
    facts[kProgram] = list.program();
    facts[kDataName] = fmt::format("{}, {} images", data.train.name, data.train.count);
    facts[kDataContent] = data.content;
    facts[kClassNames] = nlohmann::json(data.class_names).dump();
    return facts;
}

void complete_training_facts(CheckpointFacts& facts, const CheckpointFacts& now) {
    for (const char* fact : {kProgram, kClassNames}) facts.try_emplace(fact, now.at(fact));
}

}  // namespace sinter
