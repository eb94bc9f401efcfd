// A training run: all that the training programs have in common between their first step and their last checkpoint. The
// loop stands in the program and calls it; what a step is and what is drawn stays with the program.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/common/stopwatch.h"
#include "apps/profiling/step_profile.h"
#include "apps/training/run_state.h"
#include "apps/training/training_options.h"
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

/// One line of metrics.jsonl: what was measured on which images.
struct SplitNumbers {
    std::string_view split;  ///< "train" or "test"
    std::vector<MetricField> numbers;
};

/// How good the model is, by numbers that are no loss.
struct Measurement {
    std::vector<NamedNumber> numbers;
    std::string warnings = {};  ///< why they cannot be trusted, for the line in the metrics; empty: they can
};

/// What a program tells its run about itself.
struct TrainingPlan {
    std::vector<std::string_view> shown = {};  ///< the numbers beside the progress bar; empty: all of a step
    bool with_labels = false;                  ///< whether a step needs the labels of its images
    std::optional<double> guessing = {};  ///< the "loss" of a model that knows nothing about an image, if there is one
};

/// Batches, capture, progress, interruption, saving and resuming, metrics and divergence of one run:
///
///     TrainingRun run(options, batches);
///     run.open(list, parts, facts);
///     while (run.next_epoch()) {
///         while (run.next_batch()) {
///             noise.start_step(run.step());
///             optimizer.prepare(options.lr * run.rate_factor());
///             run.compute(step);  // (const Batch&) -> StepNumbers
///         }
///         if (run.stopped()) return run.stop();
///         run.measure_if_due(measure);  // () -> Measurement
///         run.sum_up({{"train", run.means().fields()}}, run.shown());
///         run.end_epoch();
///         run.draw_if_due(draw);  // (epoch)
///     }
///
/// Code before compute() runs in every step. Code inside it is recorded on a CUDA device and replayed.
///
/// A step whose numbers are not finite is found out some steps later. The run then goes back: next_batch() returns the
/// batch of that step once more, the program prepares the step as before, and compute() repeats it under a Watch, which
/// ends in a DivergedError that says where NaN or infinity appeared.
class TrainingRun {
public:
    /// A run over `batches`, which must outlive it.
    TrainingRun(const TrainingOptions& options, Loader& batches, TrainingPlan plan = {});

    /// Opens the run folder and, with --resume, goes to where its last checkpoint left `parts`; with --dry-run only
    /// takes note of them. A resumed run must not change `fixed_facts`: its numbers would mix two different runs.
    /// Throws as open_run_folder() and resume_run() do, and UsageError where the run takes none of --profile-steps.
    void open(const OptionList& list, std::vector<CheckpointPart> parts, CheckpointFacts fixed_facts);

    /// Goes to the epoch to be trained, or to go on with; false where none is left, or --max-steps, --max-time or
    /// --patience ends the run: that is said then, and which epoch was best.
    bool next_epoch();
    /// Goes to the next batch and step, or back to one that diverged; false at the end of the epoch, where --max-steps
    /// or --max-time cuts it short, and where SIGINT, SIGTERM, SIGHUP or --dry-run ends the steps early. A cut epoch is
    /// summed up and drawn as the last one of a run is. Its checkpoint stands within it: with larger limits the run
    /// goes on as if it had not been cut; the metrics keep the lines of the cut.
    bool next_batch();
    /// Computes a step on the batch: `step(const Batch&)` runs forward, backward and updates, and returns the
    /// StepNumbers of an UpdateGuard, which holds the updates where one is not finite. It is a pass as CapturedStep
    /// wants it: it waits for nothing and uploads nothing. `variant` (a literal) names steps that differ in their
    /// kernels. Throws DivergedError, after a line in the metrics, in a step that is repeated.
    template <class Step>
    void compute(const Step& step, std::string_view variant = {}) {
        const auto pass = [&] {
            batches_.gather(batch_.images, plan_.with_labels ? &batch_.labels : nullptr);
            return step(std::as_const(batch_));
        };
        compute_pass(std::ref(pass), variant);  // the reference keeps the heap out of the step
    }
    /// Whether next_batch() has ended the steps early: the program then returns stop().
    bool stopped() const { return stopped_; }
    /// Saves and says how to go on; after --dry-run, says what would have been done.
    ExitCode stop();

    /// Calls `measure` where --measure-every asks for it after this epoch; what fails is a warning. It must leave the
    /// parameters, their statistics and the generators of the training alone: the run is the same with and without.
    /// Call it before sum_up(), which writes what was found.
    void measure_if_due(const std::function<Measurement()>& measure);
    /// A number that was measured after this epoch.
    std::optional<double> measured(std::string_view name) const;

    /// Writes the lines and the measurement into the metrics, and ends the epoch's progress with the values and the
    /// measured number that matters: that of --keep-best, else the first. Looks whether the epoch is the best so far,
    /// and whether the numbers move.
    void sum_up(const std::vector<SplitNumbers>& lines, const std::vector<ProgressValue>& shown);
    /// Tells of the troubles that have lasted, on stderr and in the metrics. Call it after sum_up(), with the same
    /// kinds of findings after every epoch. While the numbers do not move, that is the trouble, and there is no other.
    void tell_troubles(std::initializer_list<Finding> findings);
    /// Goes to the next epoch, and saves where --save-every asks for it, at the end of the run, and where the epoch is
    /// the best one; then keeps copies as --keep-best and --keep-last say.
    void end_epoch();
    /// Calls `draw(epoch)` where --sample-every asks for pictures of the epoch that ended last; what fails is a
    /// warning. Call it after end_epoch(), and before the loop: a run that is resumed may have been killed before it
    /// drew.
    void draw_if_due(const std::function<void(std::int64_t epoch)>& draw) const;

    /// Writes report.html, the run on one page, as draw_if_due() does; what fails is a warning. For what is drawn after
    /// the last epoch.
    void write_page() const;

    /// Ends the run for numbers that are not finite; `repeat` shows the watch where they come from.
    [[noreturn]] void diverge(const std::function<void()>& repeat);

    /// Whether what happens every so many epochs (0: only at the end) happens after the one under way.
    bool is_due(int every) const { return is_due(every, at_.epoch); }
    /// What the schedule and --warmup-steps make of a learning rate in this step.
    double rate_factor() const { return schedule_.factor(at_.step - 1); }
    std::int64_t step() const { return at_.step; }
    std::int64_t epoch() const { return at_.epoch; }
    /// Whole epochs: at the end of the run all that it took, but one that was cut.
    std::int64_t epochs_done() const { return at_.epoch - 1; }
    /// The epoch that was summed up last, whole or cut.
    std::int64_t last_epoch() const { return is_cut() ? epoch() : epochs_done(); }
    /// "10 epochs", or "5234 steps" where the last epoch was cut.
    std::string length() const;
    /// Of the numbers of the steps of this epoch.
    const Means& means() const { return at_.means; }
    /// The means beside the progress bar as they are now, until the next call.
    const std::vector<ProgressValue>& shown();
    /// Throws std::bad_optional_access with --dry-run, which has none.
    RunFolder& folder() { return folder_.value(); }

private:
    void begin_profile();
    void begin_steps();
    void end_steps();
    bool advance();
    void go_back();
    void compute_pass(const CapturedStep::Pass& pass, std::string_view variant);
    void take(const Reading& reading);
    void tell_profile();
    void look_at_numbers(const std::vector<SplitNumbers>& lines);
    void tell(const Finding& finding);
    bool is_due(int every, std::int64_t ended) const;
    /// Steps taken in the epoch under way, before it was resumed included.
    std::int64_t steps_of_epoch() const { return at_.step - epochs_done() * batches_.batches(); }
    bool reaches_limit();
    bool is_cut() const;
    void tell_end() const;
    void save();
    void keep_checkpoint() const;
    void look_at_clock() { at_.seconds = seconds_before_ + since_start_.seconds(); }

    const TrainingOptions& options_;
    Loader& batches_;
    TrainingPlan plan_;
    std::int64_t images_per_epoch_;
    Schedule schedule_;
    std::optional<StepProfile> profile_;
    std::vector<ProgressValue> shown_;
    std::string program_;
    std::vector<CheckpointPart> parts_;
    CheckpointFacts fixed_facts_;
    std::optional<RunFolder> folder_;

    Batch batch_;
    StepPlace place_;  // of the step under way
    CapturedStep captured_;
    Readings readings_;
    RunState at_;
    std::optional<Measurement> measurement_;  // of the epoch under way
    bool stands_still_ = false;               // its numbers
    std::optional<StepPlace> diverged_;       // the step whose numbers are not finite
    bool in_steps_ = false, stopped_ = false, repeats_ = false, at_limit_ = false;
    double seconds_before_ = 0;  // of the run before it was resumed
    Stopwatch since_start_, since_first_step_;
    std::optional<InterruptGuard> interrupt_;
    std::optional<Progress> progress_;
    bool first_step_told_ = false;
};

}  // namespace sinter
