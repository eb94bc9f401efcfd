#include "apps/common/training_options.h"

#include <fmt/format.h>

#include <filesystem>

#include "apps/common/numbers.h"
#include "core/data/image_set.h"
#include "core/error.h"
#include "core/optim/schedule.h"

namespace sinter {

void add_training_options(CLI::App& app, TrainingOptions& options) {
    app.option_defaults()->always_capture_default();  // for --help and for the config.toml of a run
    app.add_option(
           "--data", options.data,
           "Folder with the data set, or the word digits for the embedded one. Default: $SINTER_DATA_DIR, the cache, "
           "a download of MNIST, or digits, in this order")
        // Absolute, so that the run can be resumed from another folder.
        ->transform(CLI::Validator(
            [](std::string& data) {
                if (!data.empty() && data != "digits")
                    data = std::filesystem::absolute(data).lexically_normal().string();
                return std::string();
            },
            ""));
    app.add_option("--epochs", options.epochs, "Passes over the training images")->check(whole_number(1));
    app.add_option("--batch-size", options.batch_size, "Images a step")->check(whole_number(1));
    app.add_option("--lr", options.lr, "Learning rate")->check(positive_number());
    app.add_option("--lr-schedule", options.lr_schedule,
                   "constant, cosine (to 0 at the end) or step (a tenth every third)")
        ->check(CLI::IsMember(names(kSchedules)));
    app.add_option("--warmup-steps", options.warmup_steps, "Steps over which the learning rate rises to --lr")
        ->check(whole_number<std::int64_t>(0));
    app.add_option("--optimizer", options.optimizer, "adam, adamw, rmsprop or sgd (with momentum 0.9)")
        ->check(CLI::IsMember(names(kOptimizers)));
    app.add_option("--weight-decay", options.weight_decay, "Weight decay of the optimizer")
        ->check(positive_number(/*or_zero=*/true));
    app.add_option("--clip-norm", options.clip_norm, "Largest norm of the gradient; 0: no clipping")
        ->check(positive_number(/*or_zero=*/true));
    app.add_option("--seed", options.seed, "Seed of all random numbers; the same seed gives the same bits")
        ->check(whole_number<std::uint64_t>(0));
    add_device_options(app, options);
    app.add_option("--out", options.out, "Folder of the run. Default: runs/<program>-<time>")->configurable(false);
    app.add_flag("--resume", options.resume, "Go on with the run in --out, from its last checkpoint")
        ->configurable(false);
    app.add_option("--save-every", options.save_every, "Epochs between checkpoints; 0: only at the end")
        ->check(whole_number(0));
    app.add_option("--sample-every", options.sample_every, "Epochs between pictures; 0: only at the end")
        ->check(whole_number(0));
    app.add_flag("--dry-run", options.dry_run, "Say what would be done, take one training step, write no run")
        ->configurable(false);
    app.add_option("--profile-steps", options.profile_steps, "Print where the time of steps A to B-1 goes")
        ->type_name("A:B")
        ->configurable(false);
    app.add_flag("--quiet", options.quiet, "No progress on stderr")->configurable(false);
    app.set_config("--config", "", "Read options from a TOML file, such as the config.toml of a run")
        ->type_name("FILE")
        ->configurable(false);
    app.allow_config_extras(CLI::config_extras_mode::error);
    add_device_list(app);
    app.set_version_flag("--version", std::string("sinter " SINTER_VERSION))->configurable(false);
    app.get_formatter()->column_width(32);
}

void add_image_options(CLI::App& app, std::int64_t& size, std::int64_t& channels, std::int64_t least,
                       const std::string& size_help) {
    app.add_option("--size", size, size_help)->check(whole_number<std::int64_t>(least, kMaxPixelsPerSide));
    app.add_option("--channels", channels, "Make the images grey (1) or colour (3); 0: as the data has it")
        ->check(CLI::IsMember({0, 1, 3}));
}

std::vector<std::string> arguments_with_resumed_config(int argc, char** argv) {
    std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    bool resume = false, config = false;
    std::string out;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        resume |= argument == "--resume";
        config |= argument == "--config" || argument.rfind("--config=", 0) == 0;
        if (argument == "--out" && i + 1 < arguments.size()) out = arguments[i + 1];
        if (argument.rfind("--out=", 0) == 0) out = argument.substr(6);
    }
    const std::filesystem::path path = std::filesystem::path(out) / "config.toml";
    if (resume && !config && !out.empty() && std::filesystem::exists(path)) {
        arguments.push_back("--config");
        arguments.push_back(path.string());
    }
    return arguments;
}

void check_run_options(const TrainingOptions& options) {
    if (options.resume && options.out.empty()) {
        throw UsageError("--resume: expected --out with the folder of the run to go on with");
    }
    profiled_steps(options);
    if (!options.dry_run && !options.out.empty()) RunFolder::check(options.out, options.resume);
}

RunFolder open_run_folder(const CLI::App& app, const TrainingOptions& options) {
    check_run_options(options);
    const std::string config = app.config_to_str(true, false);
    if (options.resume) return RunFolder::open(options.out, config);
    return RunFolder::create(
        options.out.empty() ? default_run_path(app.get_name()) : std::filesystem::path(options.out), config);
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

}  // namespace sinter
