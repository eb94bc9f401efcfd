// The options that all training programs share, by PyTorch's names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/devices.h"
#include "apps/profiling/step_range.h"
#include "apps/training/image_options.h"
#include "core/names.h"
#include "core/optim/schedule.h"
#include "core/options/option_list.h"
#include "core/train/run_folder.h"

namespace sinter {

enum class OptimizerKind { adam, adamw, rmsprop, sgd };
inline constexpr Named<OptimizerKind> kOptimizers[] = {{"adam", OptimizerKind::adam},
                                                       {"adamw", OptimizerKind::adamw},
                                                       {"rmsprop", OptimizerKind::rmsprop},
                                                       {"sgd", OptimizerKind::sgd, "with momentum 0.9"}};

struct TrainingOptions : DeviceOptions, DataOptions {
    int epochs = 10;
    std::int64_t max_steps = 0;  ///< 0: as many as the epochs have
    double max_time = 0;         ///< seconds; 0: as long as the epochs take
    int batch_size = 128;
    double lr = 1e-3;
    std::uint64_t seed = 1;
    std::string out;  ///< empty: runs/<program>-<time>
    bool resume = false;
    int save_every = 1, sample_every = 1;  ///< in epochs; 0: only at the end
    bool dry_run = false;
    std::string keep_best;      ///< a name of kMeasureKinds; empty: none
    int keep_last = 0;          ///< checkpoints of single epochs
    int patience = 0;           ///< epochs without a better number; 0: the run does not end early
    int measure_every = 0;      ///< in epochs; 0: never
    std::string profile_steps;  ///< "A:B"
    std::string trace;          ///< a file
    std::string config;         ///< empty: that of the run to be resumed

    Schedule::Kind lr_schedule = Schedule::Kind::constant;
    std::int64_t warmup_steps = 0;
    OptimizerKind optimizer = OptimizerKind::adam;
    double weight_decay = 0;
    double l1 = 0;  ///< weight of the sum of absolute weights
    double clip_norm = 0;

    /// No options: the numbers of kMeasureKinds that the program finds on the test images after every epoch, and those
    /// that it finds every --measure-every epochs. A GAN tests none, since its losses only compare its two networks.
    std::vector<std::string_view> tested = {"loss"}, measured = {};
};

/// Describes --data and how the weights learn.
void describe_training(OptionList& list, TrainingOptions& options);
/// Describes how often a program measures how good its model is, and keeps in `options.measured` which numbers that
/// gives. For programs that call TrainingRun::measure_if_due().
void describe_measuring(OptionList& list, TrainingOptions& options);
/// Describes how often a program draws.
void describe_pictures(OptionList& list, TrainingOptions& options);
/// Describes the folder of the run and the device, --config and --list-devices included. With --resume and --out DIR,
/// DIR/config.toml is the configuration unless --config names another: the run goes on with the options it was started
/// with, and the command line can still override them.
void describe_run(OptionList& list, TrainingOptions& options);

/// Throws UsageError where --out, --resume and --trace do not fit what is on disk, --profile-steps is no range, or
/// nobody finds the number that --keep-best or --patience goes by: asked before the work begins.
void check_run_options(const TrainingOptions& options);

/// Opens the run folder as the options say, with every option's value (defaults included) as its config.toml. Throws as
/// check_run_options() does, and Error where the folder cannot be written.
RunFolder open_run_folder(const OptionList& list, const TrainingOptions& options);

/// The number of kMeasureKinds that --keep-best names, or that --patience goes by where it names none; empty where
/// neither is given.
std::string watched_number(const TrainingOptions& options);

/// The steps of --profile-steps A:B; none where it is not given. Throws UsageError where it is no range.
StepRange profiled_steps(const TrainingOptions& options);
/// The same of a run that takes the steps `taken`. Throws UsageError where none of A:B is among them.
StepRange profiled_steps(const TrainingOptions& options, const StepRange& taken);

}  // namespace sinter
