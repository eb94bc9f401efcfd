#include "apps/training/training_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "apps/common/config_file.h"
#include "apps/common/measure_kinds.h"
#include "apps/training/best_epoch.h"
#include "core/check.h"
#include "core/data/image_set.h"
#include "core/duration.h"
#include "core/error.h"

namespace sinter {

namespace {

/// Reads a name of kMeasureKinds that can be best, or "none".
CustomField criterion_field(std::string& name) {
    constexpr const char* kNone = "none";
    return {&name, 1, [&name] { return name.empty() ? kNone : name; },
            [&name](std::span<const std::string> words) -> std::optional<BadValue> {
                std::vector<std::string> names = {kNone};
                for (const std::string_view one : measure_names(can_be_best)) names.emplace_back(one);
                if (std::find(names.begin(), names.end(), words.front()) == names.end())
                    return BadValue{either(names), words.front()};
                name = words.front() == kNone ? "" : words.front();
                return std::nullopt;
            }};
}

/// Reads seconds as parse_duration() does, or 0 for none.
CustomField duration_field(double& seconds) {
    return {&seconds, 1, [&seconds] { return seconds > 0 ? fmt::format("{}s", seconds) : "0"; },
            [&seconds](std::span<const std::string> words) -> std::optional<BadValue> {
                const std::optional<double> read =
                    words.front() == "0" ? std::optional(0.0) : parse_duration(words.front());
                if (!read) return BadValue{"a time such as 90s, 10m or 1h30m, or 0", words.front()};
                seconds = *read;
                return std::nullopt;
            }};
}

bool contains(const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Throws UsageError where the program does not find the number that --keep-best or --patience goes by.
void check_watched_number(const TrainingOptions& options) {
    const std::string name = watched_number(options);
    if (name.empty() || contains(options.tested, name)) return;
    const std::string option = options.keep_best.empty() ? "--patience" : "--keep-best " + name;
    if (contains(options.measured, name)) {
        require(options.measure_every > 0, "{}: expected --measure-every N, without which nobody measures it", option);
        require(options.measure_every <= options.epochs,
                "{}: the run ends after {} epochs, before --measure-every {} measures it; give fewer epochs between "
                "measurements",
                option, options.epochs, options.measure_every);
        return;
    }
    std::vector<std::string> known(options.tested.begin(), options.tested.end());
    known.insert(known.end(), options.measured.begin(), options.measured.end());
    const bool is_loss_of_gan = name == "loss" && options.tested.empty();
    throw UsageError(
        fmt::format("{}: {}; {}", option,
                    is_loss_of_gan ? "the losses of a GAN compare its two networks and do not tell a good "
                                     "epoch from a bad one"
                                   : "this program does not find that number",
                    known.empty() ? "leave it out" : fmt::format("expected --keep-best with {}", either(known))));
}

/// --config, else that of the run to be resumed.
OptionList::Config config_of(const TrainingOptions& options) {
    if (!options.config.empty()) return {options.config};
    if (!options.resume || options.out.empty()) return {};
    RunFolder::check(options.out, true);
    return {std::filesystem::path(options.out) / "config.toml", true};
}

/// Throws UsageError where no file can be made at the path of --trace: known before the steps that it is about.
void check_trace(const std::filesystem::path& file) {
    const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
    std::error_code ignored;
    require(!std::filesystem::is_directory(file, ignored), "--trace: expected a file, {} is a folder", file.string());
    require(std::filesystem::is_directory(folder, ignored), "--trace: there is no folder {}", folder.string());
    require(::access(folder.c_str(), W_OK | X_OK) == 0, "--trace: the folder {} is not writable", folder.string());
}

}  // namespace

void describe_training(OptionList& list, TrainingOptions& options) {
    describe_data(list, options);
    describe_labels(list, options.images);
    list.section("Training");
    list.free("epochs", options.epochs, "Passes over the training images").from(1);
    list.free("max-steps", options.max_steps,
              "End after so many steps, within an epoch if need be; 0: when the epochs are over. Schedules go by "
              "--epochs")
        .from(0);
    list.free("max-time", duration_field(options.max_time),
              "End after so much time since the run began, such as 90s, 10m or 1h30m; 0: when the epochs are over")
        .shown_as("TIME");
    list.fixed("batch-size", options.batch_size, "Images a step").from(1);
    list.fixed("lr", options.lr, "Learning rate").positive();
    list.fixed("lr-schedule", options.lr_schedule, kSchedules, "How the learning rate changes").told_as([&options] {
        const std::string name = name_of(kSchedules, options.lr_schedule);
        // Other schedules than a constant one look at the end of the run.
        if (options.lr_schedule == Schedule::Kind::constant) return name;
        return fmt::format("{} over {} epochs", name, options.epochs);
    });
    list.fixed("warmup-steps", options.warmup_steps, "Steps over which the learning rate rises to --lr").from(0);
    list.fixed("optimizer", options.optimizer, kOptimizers, "Rule of the updates");
    list.fixed("weight-decay", options.weight_decay, "Weight decay of the optimizer").not_negative();
    list.fixed("l1", options.l1,
               "Weight of the sum of absolute weights in the loss; adamw makes small weights zero by it")
        .not_negative()
        .before("0");
    list.fixed("clip-norm", options.clip_norm, "Largest norm of the gradient; 0: no clipping").not_negative();
    list.fixed("seed", options.seed, "Seed of all random numbers; the same seed gives the same bits");
}

void describe_measuring(OptionList& list, TrainingOptions& options) {
    list.section("Measures");
    list.free("measure-every", options.measure_every, "Epochs between measurements of how good the model is; 0: never")
        .from(0);
    options.measured = measure_names(is_measured_while_training);
}

void describe_pictures(OptionList& list, TrainingOptions& options) {
    list.section("Pictures");
    list.free("sample-every", options.sample_every, "Epochs between pictures; 0: only at the end").from(0);
}

void describe_run(OptionList& list, TrainingOptions& options) {
    list.section("Run");
    list.once("out", options.out, "Folder of the run. Default: runs/<program>-<time>").shown_as("FOLDER");
    list.once("resume", options.resume, "Go on with the run in --out, from its last checkpoint");
    list.once("config", options.config, "Read options from a TOML file, such as the config.toml of a run")
        .shown_as("FILE");
    list.free("save-every", options.save_every, "Epochs between checkpoints; 0: only at the end").from(0);
    list.free(
            "keep-best", criterion_field(options.keep_best),
            "Keep the checkpoint of the epoch that was best by this number as checkpoints/best.safetensors: loss, "
            "accuracy or reconstruction_ratio of the test images, where the program finds it, or what --measure-every "
            "measures, such as frechet")
        .shown_as("NAME");
    list.free("keep-last", options.keep_last, "Keep the last N checkpoints as checkpoints/epoch-NNN.safetensors")
        .from(0);
    list.free("patience", options.patience,
              "End after N epochs without a better number, that of --keep-best, else the test loss; 0: go on to "
              "--epochs")
        .from(0);
    list.once("dry-run", options.dry_run, "Say what would be done, take one training step, write no run");
    list.once("profile-steps", options.profile_steps, "Print where the time of steps A to B-1 goes").shown_as("A:B");
    list.once("trace", options.trace, "Write what --profile-steps sees, for ui.perfetto.dev or chrome://tracing")
        .shown_as("FILE");
    list.once("quiet", options.quiet, "No progress on stderr");
    describe(list, options);
    list.set_config([&options] { return config_of(options); });
}

void check_run_options(const TrainingOptions& options) {
    if (options.resume && options.out.empty()) {
        throw UsageError("--resume: expected --out with the folder of the run to go on with");
    }
    check_watched_number(options);
    profiled_steps(options);
    if (!options.trace.empty() && options.profile_steps.empty())
        throw UsageError("--trace: expected --profile-steps A:B with the steps to be traced");
    if (!options.trace.empty()) check_trace(options.trace);
    if (!options.dry_run && !options.out.empty()) RunFolder::check(options.out, options.resume);
}

RunFolder open_run_folder(const OptionList& list, const TrainingOptions& options) {
    check_run_options(options);
    const std::string config = config_text(list);
    if (options.resume) return RunFolder::open(options.out, config);
    if (options.out.empty()) return RunFolder::create_for(list.program(), config);
    return RunFolder::create(options.out, config);
}

std::string watched_number(const TrainingOptions& options) {
    return !options.keep_best.empty() ? options.keep_best : options.patience > 0 ? "loss" : "";
}

StepRange profiled_steps(const TrainingOptions& options) {
    if (options.profile_steps.empty()) return {};
    StepRange range;
    char end = 0;
    long long first = 0, last = 0;
    if (std::sscanf(options.profile_steps.c_str(), "%lld:%lld%c", &first, &last, &end) != 2 || first < 0 ||
        last <= first) {
        throw UsageError(fmt::format("--profile-steps: expected A:B with 0 <= A < B, got '{}'", options.profile_steps));
    }
    range.first = first;
    range.end = last;
    return range;
}

StepRange profiled_steps(const TrainingOptions& options, const StepRange& taken) {
    const StepRange asked = profiled_steps(options);
    if (asked.first == asked.end) return asked;
    const StepRange steps{std::max(asked.first, taken.first), std::min(asked.end, taken.end)};
    if (steps.first < steps.end) return steps;
    const std::string expected =
        options.dry_run ? "step 0, the one that --dry-run takes"
        : taken.first >= taken.end
            ? "more --epochs, since this run has no steps left"
            : fmt::format("steps from {} to {}, those that this run takes", taken.first, taken.end - 1);
    throw UsageError(fmt::format("--profile-steps: expected {}, got {}", expected, options.profile_steps));
}

}  // namespace sinter
