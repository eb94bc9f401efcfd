// A training run: all that the training programs have in common between their first step and their last checkpoint.
// What a step is, what it is called and what is drawn stays with the program.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/means.h"
#include "apps/common/run_state.h"
#include "apps/common/step_profile.h"
#include "apps/common/stopwatch.h"
#include "apps/common/training_options.h"
#include "core/data/loader.h"
#include "core/optim/schedule.h"
#include "core/train/captured_step.h"
#include "core/train/interrupt.h"
#include "core/train/metrics.h"
#include "core/train/progress.h"
#include "core/train/readings.h"
#include "core/train/run_folder.h"

namespace sinter {

/// The images of a step and, where the run asks for them, their labels.
struct Batch {
    Tensor images;
    Buffer<std::int32_t> labels;
};

/// The numbers of one step on the host, in the order of its pass; NaN stands for those that the step does not have.
using StepValues = std::span<const double>;

/// One training step of a program, in three parts: what the host prepares, what the device computes, and what becomes
/// of the numbers when they have arrived.
class TrainingStep {
public:
    virtual ~TrainingStep() = default;

    /// Puts everything that differs from step to step where pass() will read it: random step, learning rate, weights of
    /// terms.
    virtual void prepare(std::int64_t step) = 0;
    /// Which of several kinds of pass the prepared step takes, for batches of one size: those that launch other
    /// kernels are of another kind.
    virtual std::uint8_t kind() const { return 0; }
    /// Forward, backward and updates on run's batch, as CapturedStep wants a pass: it waits for nothing, uploads
    /// nothing. Returns what UpdateGuard::gather() made of its numbers, as many as the plan has means; the guard must
    /// have seen the losses before the updates are applied, which it holds where one is not finite.
    virtual Tensor pass() = 0;
    /// Adds the numbers of one step on `images` images to the means of the run; called once a step, in their order.
    virtual void record(StepValues values, Index images) = 0;
    /// Takes the passes of the prepared step again, under a Watch that ends them where NaN or infinity appears.
    virtual void repeat_passes() { pass(); }
};

/// One line of metrics.jsonl: what was measured on which images.
struct SplitNumbers {
    std::string_view split;  ///< "train" or "test"
    std::vector<MetricField> numbers;
};

/// What a program tells its run about itself.
struct TrainingPlan {
    Means means;               ///< the numbers that are averaged over an epoch, by name
    std::size_t shown = 1;     ///< so many of them, the first ones, stand beside the progress bar
    bool with_labels = false;  ///< whether a step needs the labels of its images
};

/// Epochs, progress, interruption, saving and resuming, metrics and divergence of one run:
///
///     TrainingRun run(options, batches, {.means = Means{"loss"}});
///     run.open(list, parts, facts);
///     while (run.begin_epoch()) {
///         if (!run.take_steps(step)) return run.interrupted();
///         run.sum_up_epoch({{"train", run.means().fields()}}, run.shown());
///         run.end_epoch();
///     }
class TrainingRun {
public:
    /// A run over `batches`, which must outlive it.
    TrainingRun(const TrainingOptions& options, Loader& batches, TrainingPlan plan);

    /// Opens the run folder and, with --resume, goes to where its last checkpoint left `parts`; with --dry-run only
    /// takes note of them. `fixed_facts`: what must be the same for a run to go on, since with another value its
    /// numbers would be those of no single run. Returns the facts of the checkpoint, none without one. Throws as
    /// open_run_folder() and resume_run() do.
    CheckpointFacts open(const OptionList& list, std::vector<CheckpointPart> parts, CheckpointFacts fixed_facts);

    /// Goes to the epoch to be trained, or to go on with; false where none is left.
    bool begin_epoch();
    /// Takes the steps of the epoch. False where SIGINT or SIGTERM ended them early: the program then returns
    /// interrupted(). Throws DivergedError, after a line in the metrics, where a loss is not finite.
    bool take_steps(TrainingStep& step);
    /// Writes the lines into the metrics and ends the epoch's progress with the values.
    void sum_up_epoch(std::initializer_list<SplitNumbers> lines, std::span<const ProgressValue> shown);
    void sum_up_epoch(std::initializer_list<SplitNumbers> lines, std::initializer_list<ProgressValue> shown) {
        sum_up_epoch(lines, std::span(shown.begin(), shown.size()));
    }
    /// Whether --sample-every asks for pictures of this epoch.
    bool pictures_are_due() const;
    /// Goes to the next epoch, and saves where --save-every asks for it, with `facts` beside the fixed ones.
    void end_epoch(const CheckpointFacts& facts = {});

    /// Saves, and says how to go on.
    ExitCode interrupted(const CheckpointFacts& facts = {});
    /// --dry-run: takes the first step, and says what else would have been done. `found` names what the step found, as
    /// in "a loss of 543.21 nats per image".
    ExitCode dry_run(TrainingStep& step, const std::function<std::string()>& found);
    /// Ends the run for numbers that are not finite; `repeat_passes` shows the watch where they come from.
    [[noreturn]] void diverge(const std::function<void()>& repeat_passes);

    const Batch& batch() const { return batch_; }
    /// What the schedule and --warmup-steps make of a learning rate in this step.
    double rate_factor() const { return schedule_.factor(at_.step - 1); }
    /// Names what follows in the table of --profile-steps, which is printed as soon as there are no more of them.
    void phase(const char* name) { profile_.phase(name); }

    std::int64_t step() const { return at_.step; }
    std::int64_t epoch() const { return at_.epoch; }
    Means& means() { return at_.means; }
    /// The means beside the progress bar as they are now. The values live until the next call.
    std::span<const ProgressValue> shown();
    RunFolder& folder() { return *folder_; }

private:
    Index take_step(TrainingStep& step);
    void take(const Reading& reading, TrainingStep& step);
    void finish_steps(TrainingStep& step);
    void gather_batch();
    void tell_profile();
    void save(CheckpointFacts facts);
    void look_at_clock() { at_.seconds = seconds_before_ + since_start_.seconds(); }

    const TrainingOptions& options_;
    Loader& batches_;
    bool with_labels_;
    std::int64_t images_per_epoch_;
    Schedule schedule_;
    StepRange profiled_;
    StepProfile profile_;
    std::vector<ProgressValue> shown_;
    std::vector<CheckpointPart> parts_;
    CheckpointFacts fixed_facts_;
    std::optional<RunFolder> folder_;

    Batch batch_;
    CapturedStep captured_;
    Readings readings_;
    RunState at_;
    double seconds_before_ = 0;  // of the run before it was resumed
    Stopwatch since_start_;
    std::optional<InterruptGuard> interrupt_;
    std::optional<Progress> progress_;
    bool first_step_told_ = false, profile_told_ = false;
};

}  // namespace sinter
