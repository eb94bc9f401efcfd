#include "apps/training/training_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "core/data/describe.h"
#include "core/data/find_data.h"

namespace sinter {

DataSplits find_training_data(const TrainingOptions& options, const ImageRequest& request) {
    DataSplits data =
        find_data(options.data.empty() ? std::nullopt : std::make_optional<std::filesystem::path>(options.data),
                  request, [](const std::string& sentence) { fmt::print(stderr, "{}\n", sentence); });
    fmt::print(stderr, "{}\n", data.source);
    return data;
}

void introduce(const std::string& model, Device device) {
    if (device != Device::cpu()) {
        fmt::print(stderr, "{}, on {}\n", model, device.description());
        return;
    }
    fmt::print(stderr, "{}, on {} with {} thread{}\n", model, device.name(), cpu_threads(),
               cpu_threads() == 1 ? "" : "s");
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
            return std::make_unique<Rmsprop>(module, RmspropOptions{.weight_decay = options.weight_decay});
        case OptimizerKind::sgd:
            return std::make_unique<Sgd>(module, SgdOptions{.momentum = 0.9, .weight_decay = options.weight_decay});
    }
    return std::make_unique<Adam>(module, AdamOptions{.beta1 = betas.beta1,
                                                      .beta2 = betas.beta2,
                                                      .weight_decay = options.weight_decay,
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

CheckpointFacts training_facts(const OptionList& list, const ImageSet& train) {
    CheckpointFacts facts = facts_of(list);
    if (!is_utf8(train.name)) throw DataError(fmt::format("{}: expected a name in UTF-8; rename it", train.name));
    facts["--data"] = fmt::format("{}, {} images", train.name, train.count);
    // Looked at last: images of another size have other content, but that is better said.
    facts["training data"] = "content " + content_tag(train);
    return facts;
}

bool is_due(int every, std::int64_t epoch, const TrainingOptions& options) {
    return epoch == options.epochs || (every > 0 && epoch % every == 0);
}

}  // namespace sinter
