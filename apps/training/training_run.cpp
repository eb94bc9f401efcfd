#include "apps/training/training_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "apps/common/shell_word.h"
#include "apps/report/run_report.h"
#include "apps/training/divergence.h"
#include "apps/training/training_setup.h"
#include "apps/training/warn_on_failure.h"
#include "core/console.h"
#include "core/profile/range.h"

namespace sinter {
namespace {

const Stopwatch since_start_of_program;

}  // namespace

TrainingRun::TrainingRun(const TrainingOptions& options, Loader& batches, TrainingPlan plan)
    : options_(options),
      batches_(batches),
      plan_(std::move(plan)),
      images_per_epoch_(std::min(batches.count(), batches.batches() * batches.batch_size())),
      schedule_(make_schedule(options, batches.batches())),
      captured_(batches.device(), !options.no_capture),
      readings_(batches.device()) {}

void TrainingRun::open(const OptionList& list, std::vector<CheckpointPart> parts, CheckpointFacts fixed_facts) {
    program_ = list.program();
    parts_ = std::move(parts);
    fixed_facts_ = std::move(fixed_facts);
    if (options_.dry_run || !options_.resume) begin_profile();
    if (options_.dry_run) return;
    folder_.emplace(open_run_folder(list, options_));
    at_.best = BestEpoch(watched_number(options_), 0);
    if (options_.resume) {
        resume_run(*folder_, parts_, list, fixed_facts_, options_, batches_, at_);
        keep_checkpoint();  // a kill may have come before it was
        begin_profile();
    }

    interrupt_.emplace();
    since_start_ = Stopwatch();
    seconds_before_ = at_.seconds;
    progress_.emplace(ProgressPlan{.epochs = options_.epochs, .images_per_epoch = images_per_epoch_},
                      ProgressSettings{.style = options_.quiet ? ProgressSettings::Style::quiet
                                                               : ProgressSettings::Style::automatic});
}

/// Makes the profile of those steps that the run takes.
void TrainingRun::begin_profile() {
    if (options_.profile_steps.empty()) return;
    const StepRange asked = profiled_steps(options_);
    const StepRange steps = profiled_steps(options_, {at_.step, options_.dry_run ? 1 : schedule_.total_steps});
    if (steps.first != asked.first || steps.end != asked.end)
        say("--profile-steps {}: this run takes {}:{} of them\n", options_.profile_steps, steps.first, steps.end);
    profile_.emplace(batches_.device(), steps);
}

/// Whether --max-steps or --max-time ends the run here; for good then, whatever the clock says later. A run takes one
/// step at least, so that there is something to save.
bool TrainingRun::reaches_limit() {
    if (options_.dry_run || at_.step == 0) return false;
    if (options_.max_time > 0) look_at_clock();
    at_limit_ = at_limit_ || (options_.max_steps > 0 && at_.step >= options_.max_steps) ||
                (options_.max_time > 0 && at_.seconds >= options_.max_time);
    return at_limit_;
}

/// Whether the run ends within the epoch under way.
bool TrainingRun::is_cut() const { return at_limit_ && steps_of_epoch() > 0 && steps_of_epoch() < batches_.batches(); }

std::string TrainingRun::length() const {
    if (is_cut()) return fmt::format("{} step{}", at_.step, at_.step == 1 ? "" : "s");
    return fmt::format("{} epoch{}", epochs_done(), epochs_done() == 1 ? "" : "s");
}

bool TrainingRun::next_epoch() {
    if (at_.epoch > options_.epochs || is_out_of_patience(options_, at_) || reaches_limit()) {
        tell_profile();
        tell_end();
        return false;
    }
    batches_.start_epoch(at_.epoch, at_.position);
    if (progress_) progress_->begin_epoch(static_cast<int>(at_.epoch), at_.position);
    return true;
}

bool TrainingRun::next_batch() {
    if (!in_steps_) begin_steps();
    if (!diverged_) {
        stopped_ = options_.dry_run ? at_.step > 0 : interrupt_->requested();
        const bool at_limit = steps_of_epoch() > 0 && reaches_limit();
        if (!stopped_ && !at_limit && advance()) return true;
        end_steps();
    }
    if (!diverged_) return false;
    go_back();
    return true;
}

void TrainingRun::begin_steps() {
    ProfileRange::begin("epoch");
    since_first_step_ = Stopwatch();
    in_steps_ = true;
}

/// Goes to the next batch; false where the epoch has none left.
bool TrainingRun::advance() {
    if (profile_) profile_->begin_step(at_.step);
    ProfileRange::begin("step");
    phase("batch");
    place_ = {.step = at_.step + 1, .position = batches_.position()};
    place_.images = batches_.advance();
    if (place_.images > 0) {
        at_.step = place_.step;
        return true;
    }
    if (profile_) profile_->drop_step();
    phase(nullptr);
    ProfileRange::end();
    return false;
}

void TrainingRun::compute_pass(const CapturedStep::Pass& pass, std::string_view variant) {
    if (repeats_) diverge(pass);
    const StepNumbers numbers = captured_.run({place_.images, variant}, pass);
    phase("numbers");
    readings_.push(place_, numbers);
    phase(nullptr);
    if (profile_) profile_->end_step();
    ProfileRange::end();
    at_.position = batches_.position();
    while (const auto reading = readings_.ready()) take(*reading);
    if (profile_ && profile_->is_over(at_.step)) tell_profile();
    if (progress_ && progress_->count(place_.images)) progress_->show(shown());
}

/// Takes the numbers of one step, in the order of the steps.
void TrainingRun::take(const Reading& reading) {
    if (diverged_) return;
    if (reading.updates_held) {
        diverged_ = reading.place;
        return;
    }
    at_.means.add(reading.numbers, reading.place.images);
    if (!std::exchange(first_step_told_, true))
        say("first step {:.2f} s after the start of the program\n", since_start_of_program.seconds());
}

/// Goes to the step that diverged once more. Nothing is updated from that step on.
void TrainingRun::go_back() {
    repeats_ = true;
    place_ = *diverged_;
    at_.step = place_.step;
    batches_.start_epoch(at_.epoch, place_.position);
    batches_.advance();
}

void TrainingRun::end_steps() {
    while (const auto reading = readings_.wait()) take(*reading);
    if (diverged_) return;
    if (stopped_ || at_limit_ || at_.epoch == options_.epochs) tell_profile();
    at_.train_seconds += since_first_step_.seconds();
    look_at_clock();
    ProfileRange::end();
    in_steps_ = false;
    if (!progress_) return;
    if (stopped_)
        progress_->clear();
    else
        progress_->stop_clock();
}

/// Ends the profile and prints its table, once. The epoch's time and speed are those of its steps: they do not count
/// what measuring the roofs takes.
void TrainingRun::tell_profile() {
    if (!profile_) return;
    const Stopwatch pause;
    const std::string table = profile_->finish();
    if (!table.empty()) {
        if (progress_) progress_->clear();
        answer_lines(table);
        flush_results();
        if (!options_.trace.empty()) warn_on_failure([&] { profile_->write_trace(options_.trace); });
    }
    profile_.reset();
    at_.train_seconds -= pause.seconds();
    if (progress_) progress_->leave_out(pause.seconds());
}

void TrainingRun::measure_if_due(const std::function<Measurement()>& measure) {
    const bool is_wanted = options_.measure_every > 0 && (at_.epoch % options_.measure_every == 0 || at_limit_);
    if (is_wanted) warn_on_failure([&] { measurement_ = measure(); });
}

std::optional<double> TrainingRun::measured(std::string_view name) const {
    if (!measurement_) return std::nullopt;
    for (const NamedNumber& number : measurement_->numbers)
        if (number.name == name) return number.value;
    return std::nullopt;
}

void TrainingRun::sum_up(const std::vector<SplitNumbers>& lines, const std::vector<ProgressValue>& shown) {
    look_at_clock();
    for (const SplitNumbers& line : lines) {
        std::vector<MetricField> fields = {{"step", at_.step}, {"epoch", at_.epoch}, {"split", line.split}};
        fields.insert(fields.end(), line.numbers.begin(), line.numbers.end());
        fields.push_back({"images_per_second", at_.images_per_second()});
        fields.push_back({"seconds", at_.seconds});
        folder_->metrics().write(fields);
    }
    std::vector<ProgressValue> values = shown;
    if (measurement_) {
        std::vector<MetricField> fields = {{"step", at_.step}, {"epoch", at_.epoch}, {"split", "measure"}};
        for (const auto& [name, value] : measurement_->numbers) fields.push_back({name, value});
        if (!measurement_->warnings.empty()) fields.push_back({"warnings", measurement_->warnings});
        fields.push_back({"seconds", at_.seconds});
        folder_->metrics().write(fields);
        if (const auto value = measured(at_.best.name()))
            values.push_back({at_.best.name(), *value});
        else if (!measurement_->numbers.empty())
            values.push_back({measurement_->numbers.front().name, measurement_->numbers.front().value});
    }
    progress_->end_epoch(values);
    if (!is_cut()) look_at_numbers(lines);
}

/// Looks at what the epoch has found: the number that tells which one is best, and whether anything moves.
void TrainingRun::look_at_numbers(const std::vector<SplitNumbers>& lines) {
    std::optional<double> watched = measured(at_.best.name());
    for (const SplitNumbers& line : lines)
        for (const MetricField& number : line.numbers)
            if (line.split == "test" && number.name == at_.best.name()) watched = std::get<double>(number.value);
    if (watched) {
        at_.best.look(*watched, at_.epoch);
    } else if (measurement_ && !at_.best.name().empty()) {
        say("warning, epoch {}: {} was not measured, which --keep-best goes by\n", at_.epoch, at_.best.name());
    }
    const Finding still = at_.troubles.find_standstill(at_.means, at_.epoch, plan_.guessing);
    stands_still_ = !still.sentence.empty();
    if (at_.troubles.rings(still)) tell(still);
}

void TrainingRun::tell_troubles(std::initializer_list<Finding> findings) {
    if (is_cut()) return;  // an epoch counts once, as a whole
    for (Finding finding : findings) {
        if (stands_still_) finding.sentence.clear();
        if (at_.troubles.rings(finding)) tell(finding);
    }
}

void TrainingRun::tell(const Finding& finding) {
    folder_->metrics().write({{"step", at_.step}, {"epoch", at_.epoch}, {"split", "train"}, {"event", finding.event}});
    say("warning, epoch {}: {}\n", at_.epoch, finding.sentence);
}

/// The same of an epoch that has ended.
bool TrainingRun::is_due(int every, std::int64_t ended) const {
    return ended == options_.epochs || at_limit_ || is_out_of_patience(options_, at_) ||
           (every > 0 && ended % every == 0);
}

void TrainingRun::end_epoch() {
    measurement_.reset();
    if (is_cut()) return save();
    const std::int64_t ended = at_.epoch;
    at_.begin_next_epoch();
    if (is_due(options_.save_every, ended) || (!options_.keep_best.empty() && at_.best.is(ended))) save();
    keep_checkpoint();
}

void TrainingRun::draw_if_due(const std::function<void(std::int64_t epoch)>& draw) const {
    const std::int64_t ended = last_epoch();
    const bool is_at_end = is_cut() || (at_.position == 0 && ended > 0);
    if (!is_at_end || !is_due(options_.sample_every, ended)) return;
    warn_on_failure([&] { draw(ended); });
    write_page();
}

void TrainingRun::save() { save_run(*folder_, parts_, fixed_facts_, at_); }

/// Copies the checkpoint of the epoch that ended to the names that it is kept under. It was saved before: a run that is
/// killed in between goes on from it and copies it then, so that no copy is of an epoch that is trained once more.
void TrainingRun::keep_checkpoint() const {
    const std::int64_t ended = epochs_done();
    if (at_.position > 0 || ended == 0) return;
    if (!options_.keep_best.empty() && at_.best.is(ended)) folder_->keep_best();
    if (options_.keep_last > 0 && is_due(options_.save_every, ended)) folder_->keep_epoch(ended, options_.keep_last);
}

void TrainingRun::tell_end() const {
    if (at_limit_ && at_.epoch <= options_.epochs) {
        say("ended after {} steps, {}, by {}; to go on, give --resume and a larger one\n", at_.step,
            is_cut() ? fmt::format("in epoch {}", at_.epoch) : fmt::format("after epoch {}", epochs_done()),
            options_.max_steps > 0 && at_.step >= options_.max_steps ? "--max-steps" : "--max-time");
    }
    if (is_out_of_patience(options_, at_) && epochs_done() < options_.epochs) {
        say("ended after epoch {}: no better {} in {} epochs\n", epochs_done(), at_.best.name(),
            at_.best.epochs_since());
    }
    if (!at_.best.is_known()) return;
    say("best {}: {:.6g}, after epoch {}{}\n", at_.best.name(), at_.best.value(), at_.best.epoch(),
        options_.keep_best.empty() ? "" : ": " + folder_->best_checkpoint().string());
}

ExitCode TrainingRun::stop() {
    if (options_.dry_run) {
        std::string found;
        for (const auto& [name, value] : shown())
            found += fmt::format("{}{} {:.3f}", found.empty() ? "" : ", ", name, value);
        answer("would train {} epochs of {} steps of {} images{}; the first step has {}; nothing was written\n",
               options_.epochs, batches_.batches(), batches_.batch_size(),
               options_.max_steps > 0 || options_.max_time > 0 ? ", or to --max-steps or --max-time" : "", found);
        return ExitCode::ok;
    }
    save();
    write_page();
    say("interrupted at step {}; saved. Go on with: {} --resume --out {}\n", at_.step, program_,
        shell_word(folder_->path().string()));
    return ExitCode::interrupted;
}

void TrainingRun::write_page() const {
    warn_on_failure([&] { write_run_report(folder_->path()); });
}

void TrainingRun::diverge(const std::function<void()>& repeat) {
    explain_divergence(folder_ ? &*folder_ : nullptr, at_, parts_, repeat);
}

const std::vector<ProgressValue>& TrainingRun::shown() {
    shown_.clear();
    for (const Means::Sum& sum : at_.means.sums()) {
        if (sum.images == 0) continue;
        if (plan_.shown.empty() || std::find(plan_.shown.begin(), plan_.shown.end(), sum.name) != plan_.shown.end())
            shown_.push_back({sum.name, at_.means[sum.name]});
    }
    return shown_;
}

}  // namespace sinter
