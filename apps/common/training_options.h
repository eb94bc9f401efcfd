// The options that all training programs share, by PyTorch's names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/common/devices.h"
#include "core/names.h"
#include "core/train/run_folder.h"

namespace CLI {
class App;
}

namespace sinter {

enum class OptimizerKind { adam, adamw, rmsprop, sgd };
inline constexpr Named<OptimizerKind> kOptimizers[] = {{"adam", OptimizerKind::adam},
                                                       {"adamw", OptimizerKind::adamw},
                                                       {"rmsprop", OptimizerKind::rmsprop},
                                                       {"sgd", OptimizerKind::sgd}};

struct TrainingOptions : DeviceOptions {
    std::string data;  ///< empty: find one
    int epochs = 10;
    int batch_size = 128;
    double lr = 1e-3;
    std::uint64_t seed = 1;
    std::string out;  ///< empty: runs/<program>-<time>
    bool resume = false;
    int save_every = 1, sample_every = 1;  ///< in epochs; 0: only at the end
    bool dry_run = false;
    std::string profile_steps;  ///< "A:B"
    bool quiet = false;

    std::string lr_schedule = "constant";
    std::int64_t warmup_steps = 0;
    std::string optimizer = "adam";
    double weight_decay = 0;
    double clip_norm = 0;
};

/// Adds the options to a program's command line, --config, --list-devices and --version included.
void add_training_options(CLI::App& app, TrainingOptions& options);

/// Adds --size, from `least` pixels a side, and --channels: what images are fitted to. `size_help` says what --size is.
void add_image_options(CLI::App& app, std::int64_t& size, std::int64_t& channels, std::int64_t least,
                       const std::string& size_help);

/// With --resume and --out DIR, makes DIR/config.toml the configuration, unless --config names another: the run goes on
/// with the options it was started with, and the command line can still override them. To be called before parsing.
std::vector<std::string> arguments_with_resumed_config(int argc, char** argv);

/// Throws UsageError where --out and --resume do not fit what is on disk, or --profile-steps is no range: asked before
/// the work begins.
void check_run_options(const TrainingOptions& options);

/// Opens the run folder as the options say, with every option's value (defaults included) as its config.toml. Throws as
/// check_run_options() does, and Error where the folder cannot be written.
RunFolder open_run_folder(const CLI::App& app, const TrainingOptions& options);

/// Steps from `first` to the one before `end`.
struct StepRange {
    std::int64_t first = 0, end = 0;
    bool contains(std::int64_t step) const { return step >= first && step < end; }
};
/// The steps of --profile-steps A:B; none where it is not given. Throws UsageError where it is no range.
StepRange profiled_steps(const TrainingOptions& options);

}  // namespace sinter
