#include "apps/common/training_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "apps/common/divergence.h"
#include "apps/common/training_setup.h"
#include "core/profile_range.h"

namespace sinter {
namespace {

const Stopwatch since_start_of_program;

/// The names of the first means, for the progress to show.
std::vector<ProgressValue> first_values(const Means& means, std::size_t count) {
    std::vector<ProgressValue> values;
    for (const MetricField& field : means.fields()) {
        if (values.size() < count) values.push_back({field.name, 0});
    }
    return values;
}

}  // namespace

TrainingRun::TrainingRun(const TrainingOptions& options, Loader& batches, TrainingPlan plan)
    : options_(options),
      batches_(batches),
      with_labels_(plan.with_labels),
      images_per_epoch_(std::min(batches.count(), batches.batches() * batches.batch_size())),
      schedule_(make_schedule(options, batches.batches())),
      profiled_(profiled_steps(options)),
      profile_(batches.device()),
      shown_(first_values(plan.means, plan.shown)),
      captured_(batches.device()),
      readings_(batches.device(), static_cast<int>(plan.means.fields().size()) + 1),
      at_(std::move(plan.means)) {}

CheckpointFacts TrainingRun::open(const OptionList& list, std::vector<CheckpointPart> parts,
                                  CheckpointFacts fixed_facts) {
    parts_ = std::move(parts);
    fixed_facts_ = std::move(fixed_facts);
    if (options_.dry_run) return {};
    folder_.emplace(open_run_folder(list, options_));
    CheckpointFacts facts;
    if (options_.resume) facts = resume_run(*folder_, parts_, list, fixed_facts_, options_, batches_.count(), at_);

    interrupt_.emplace();
    since_start_ = Stopwatch();
    seconds_before_ = at_.seconds;
    progress_.emplace(ProgressPlan{.epochs = options_.epochs, .images_per_epoch = images_per_epoch_},
                      ProgressSettings{.style = options_.quiet ? ProgressSettings::Style::quiet
                                                               : ProgressSettings::Style::automatic});
    return facts;
}

bool TrainingRun::begin_epoch() {
    if (at_.epoch > options_.epochs) return false;
    batches_.start_epoch(at_.epoch, at_.position);
    progress_->begin_epoch(static_cast<int>(at_.epoch), at_.position);
    return true;
}

bool TrainingRun::take_steps(TrainingStep& step) {
    const ProfileRange range("epoch");
    const Stopwatch since_first_step;
    bool is_interrupted = false;
    for (Index images = 0; !is_interrupted && (images = take_step(step)) > 0;) {
        progress_->update(images, [&] { return shown(); });
        is_interrupted = interrupt_->requested();
    }
    finish_steps(step);
    if (is_interrupted || at_.epoch == options_.epochs) tell_profile();
    at_.train_seconds += since_first_step.seconds();
    look_at_clock();
    if (is_interrupted)
        progress_->clear();
    else
        progress_->stop_clock();
    return !is_interrupted;
}

/// One training step on the next batch. Returns its images; 0 where the epoch has none left.
Index TrainingRun::take_step(TrainingStep& step) {
    const ProfileRange range("step");
    const bool is_profiled = profiled_.contains(at_.step);
    profile_.set_active(is_profiled);
    captured_.set_capture(!is_profiled && !options_.no_capture);
    profile_.phase("batch");
    StepPlace place{.step = at_.step + 1, .position = batches_.position()};
    place.images = batches_.advance();
    if (place.images == 0) {
        profile_.drop();
        return 0;
    }
    at_.step = place.step;
    step.prepare(place.step);
    place.kind = static_cast<std::uint64_t>(place.images) << 8 | step.kind();
    const auto pass = [&] {
        gather_batch();
        return step.pass();
    };
    const Tensor numbers = captured_.run(place.kind, std::ref(pass));
    profile_.phase(nullptr);
    at_.position = batches_.position();
    readings_.push(place, numbers, [&](const Reading& reading) { take(reading, step); });
    if (is_profiled && at_.step == profiled_.end) tell_profile();
    return place.images;
}

/// Prints the table of --profile-steps, once.
void TrainingRun::tell_profile() {
    const std::string table = profile_.table();
    if (table.empty() || std::exchange(profile_told_, true)) return;
    if (progress_) progress_->clear();
    fmt::print("{}", table);
    std::fflush(stdout);
}

void TrainingRun::gather_batch() { batches_.gather(batch_.images, with_labels_ ? &batch_.labels : nullptr); }

/// Takes the numbers of one step, in the order of the steps.
void TrainingRun::take(const Reading& reading, TrainingStep& step) {
    const StepValues values = reading.values.first(reading.values.size() - 1);
    if (reading.values.back() == 0) {  // a loss is not finite, and the weights are as they were before it
        at_.step = reading.place.step;
        diverge([&] {
            batches_.start_epoch(at_.epoch, reading.place.position);
            batches_.advance();
            gather_batch();
            step.prepare(at_.step);
            step.repeat_passes();
        });
    }
    step.record(values, reading.place.images);
    if (!first_step_told_) {
        first_step_told_ = true;
        fmt::print(stderr, "first step {:.2f} s after the start of the program\n", since_start_of_program.seconds());
    }
}

void TrainingRun::finish_steps(TrainingStep& step) {
    readings_.flush([&](const Reading& reading) { take(reading, step); });
}

void TrainingRun::sum_up_epoch(std::initializer_list<SplitNumbers> lines, std::span<const ProgressValue> shown) {
    look_at_clock();
    for (const SplitNumbers& line : lines) {
        std::vector<MetricField> fields = {{"step", at_.step}, {"epoch", at_.epoch}, {"split", line.split}};
        fields.insert(fields.end(), line.numbers.begin(), line.numbers.end());
        fields.push_back({"images_per_second", at_.images_per_second()});
        fields.push_back({"seconds", at_.seconds});
        folder_->metrics().write(fields);
    }
    progress_->end_epoch(shown);
}

bool TrainingRun::pictures_are_due() const { return is_due(options_.sample_every, at_.epoch, options_); }

void TrainingRun::end_epoch(const CheckpointFacts& facts) {
    const bool save_now = is_due(options_.save_every, at_.epoch, options_);
    at_.begin_next_epoch();
    if (save_now) save(facts);
}

void TrainingRun::save(CheckpointFacts facts) {
    facts.insert(fixed_facts_.begin(), fixed_facts_.end());
    save_run(*folder_, parts_, std::move(facts), at_);
}

ExitCode TrainingRun::interrupted(const CheckpointFacts& facts) {
    save(facts);
    fmt::print(stderr, "interrupted at step {}; saved. Go on with: --resume --out {}\n", at_.step,
               folder_->path().string());
    return ExitCode::interrupted;
}

ExitCode TrainingRun::dry_run(TrainingStep& step, const std::function<std::string()>& found) {
    batches_.start_epoch(1);
    take_step(step);
    finish_steps(step);
    fmt::print("would train {} epochs of {} steps of {} images; the first step has {}; nothing was written\n",
               options_.epochs, batches_.batches(), batches_.batch_size(), found());
    return ExitCode::ok;
}

void TrainingRun::diverge(const std::function<void()>& repeat_passes) {
    explain_divergence(folder_ ? &*folder_ : nullptr, at_, parts_, repeat_passes);
}

std::span<const ProgressValue> TrainingRun::shown() {
    for (ProgressValue& value : shown_) value.value = at_.means[value.name];
    return shown_;
}

}  // namespace sinter
