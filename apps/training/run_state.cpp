#include "apps/training/run_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/training/divergence.h"
#include "apps/training/training_setup.h"
#include "core/console.h"
#include "core/error.h"
#include "core/options/facts.h"

namespace sinter {
namespace {

constexpr const char *kStep = "step", *kEpoch = "epoch", *kPosition = "position";
constexpr const char *kImages = "epoch.images", *kNumbers = "epoch.numbers";

void save_means(const Means& means, CheckpointFacts& facts) {
    facts[kImages] = fmt::format("{}", means.images());
    std::string& names = facts[kNumbers];
    for (const Means::Sum& sum : means.sums()) {
        names += (names.empty() ? "" : ",") + sum.name;
        facts["epoch." + sum.name] = fmt::format("{}", sum.total);
        facts["epoch." + sum.name + ".images"] = fmt::format("{}", sum.images);
    }
}

/// The names of the numbers in their order. A checkpoint that does not list them has a fact epoch.NAME.images for each,
/// and the first step puts them in order.
std::vector<std::string> names_of_means(const CheckpointFacts& facts, const std::string& file) {
    constexpr std::string_view kBefore = "epoch.", kBehind = ".images";
    std::vector<std::string> names;
    if (const auto listed = facts.find(kNumbers); listed != facts.end()) {
        std::istringstream text(listed->second);
        for (std::string name; std::getline(text, name, ',');) names.push_back(name);
    } else {
        for (const auto& [fact, value] : facts) {
            if (fact.starts_with(kBefore) && fact.ends_with(kBehind) && fact.size() > kBefore.size() + kBehind.size())
                names.push_back(fact.substr(kBefore.size(), fact.size() - kBefore.size() - kBehind.size()));
        }
    }
    for (const std::string& name : names) {
        if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos) continue;
        throw DataError(fmt::format("{}: expected names of lower-case letters in '{}', found '{}'; the file is damaged",
                                    file, kNumbers, name));
    }
    return names;
}

Means load_means(const CheckpointFacts& facts, const FactReader& reader, const std::string& file) {
    std::vector<Means::Sum> sums;
    for (const std::string& name : names_of_means(facts, file)) {
        sums.push_back(
            {name, reader.number("epoch." + name), reader.whole_number("epoch." + name + ".images", 0, kMaxCount)});
    }
    Means means;
    means.resume_at(reader.whole_number(kImages, 0, kMaxCount), std::move(sums));
    return means;
}

std::string fact_or_nothing(const CheckpointFacts& facts, const std::string& name) {
    const auto fact = facts.find(name);
    return fact == facts.end() ? "" : fact->second;
}

void require_fact(const CheckpointFacts& found, const CheckpointFacts& wanted, const std::string& name) {
    const std::string before = fact_or_nothing(found, name), now = fact_or_nothing(wanted, name);
    if (before == now) return;
    throw UsageError(fmt::format(
        "--resume: the run was started with {} '{}', now it is '{}'; leave it as it was, or start a new run", name,
        before, now));
}

/// The data comes last: pictures that are decoded to another size are other data. Their content tells them apart, and
/// of an old checkpoint their name.
void require_facts(const CheckpointFacts& found, const CheckpointFacts& wanted) {
    for (const auto& [name, value] : wanted)
        if (!is_fact_of_data(name)) require_fact(found, wanted, name);
    const char* const identity = found.contains(kDataContent) ? kDataContent : kDataName;
    if (fact_or_nothing(found, identity) != fact_or_nothing(wanted, identity)) {
        throw UsageError(
            fmt::format("--resume: the run was started on other data ('{}', content {}), now it is '{}', content {}; "
                        "give its data with --data, or start a new run",
                        fact_or_nothing(found, kDataName), fact_or_nothing(found, kDataContent),
                        fact_or_nothing(wanted, kDataName), fact_or_nothing(wanted, kDataContent)));
    }
    require_fact(found, wanted, kClassNames);
}

/// Whether the checkpoint is that of a run after this epoch.
bool is_after(const std::filesystem::path& checkpoint, std::int64_t epoch) {
    if (!std::filesystem::exists(checkpoint)) return false;
    const CheckpointFacts facts = read_checkpoint_facts(checkpoint);
    return FactReader(facts, checkpoint.string()).whole_number(kEpoch, 1, kMaxCount) == epoch + 1;
}

/// Lets the best epoch begin anew where the checkpoint knows that of another number, or its file is gone.
void settle_best(const RunFolder& run, const TrainingOptions& options, RunState& at) {
    const std::string name = watched_number(options);
    const bool is_known = at.best.is_known() && !name.empty();
    if (at.best.name() != name) {
        if (is_known) {
            say("the run went by {} so far: the best {} is looked for from epoch {} on\n", at.best.name(), name,
                at.epoch);
        }
        at.best = BestEpoch(name, at.epoch - 1);
        return;
    }
    // That of the checkpoint itself is copied from it: the run may have been killed before it was.
    const bool is_this = at.position == 0 && at.best.is(at.epoch - 1);
    if (!is_known || options.keep_best.empty() || is_this || is_after(run.best_checkpoint(), at.best.epoch())) return;
    say("{} is not there, of the best epoch {}: the best {} is looked for from epoch {} on\n",
        run.best_checkpoint().string(), at.best.epoch(), name, at.epoch);
    at.best = BestEpoch(name, at.epoch - 1);
}

}  // namespace

void RunState::begin_next_epoch() {
    ++epoch;
    position = 0;
    means.clear();
    images_before = 0;
    train_seconds = 0;
}

bool is_out_of_patience(const TrainingOptions& options, const RunState& at) {
    return options.patience > 0 && at.position == 0 && at.best.epochs_since() >= options.patience;
}

void RunState::save(CheckpointFacts& facts) const {
    facts[kStep] = fmt::format("{}", step);
    facts[kEpoch] = fmt::format("{}", epoch);
    facts[kPosition] = fmt::format("{}", position);
    save_means(means, facts);
    best.save(facts);
    troubles.save(facts);
}

void RunState::load(const CheckpointFacts& facts, const std::string& file) {
    const FactReader reader(facts, file);
    step = reader.whole_number(kStep, 0, kMaxCount);
    epoch = reader.whole_number(kEpoch, 1, std::numeric_limits<int>::max());
    position = reader.whole_number(kPosition, 0, kMaxCount);
    means = load_means(facts, reader, file);
    images_before = means.images();
    best.load(facts, file, epoch);
    troubles.load(facts, file, epoch);
}

void save_run(RunFolder& run, std::span<const CheckpointPart> parts, CheckpointFacts facts, const RunState& at) {
    at.save(facts);
    run.metrics().sync();  // before the checkpoint, which goes on after the last line
    try {
        save_checkpoint(run.checkpoint(), parts, facts);
        run.note_checkpoint();
    } catch (const DivergedError& where) {
        tell_divergence(run, at);
        throw DivergedError(fmt::format("diverged at step {}: {}; {}", at.step, where.what(), kDivergenceAdvice));
    }
}

void resume_run(RunFolder& run, std::span<const CheckpointPart> parts, const OptionList& list,
                const CheckpointFacts& fixed_facts, const TrainingOptions& options, const Loader& batches,
                RunState& at) {
    const std::string file = run.checkpoint().string();
    const std::int64_t end = options.epochs * batches.batches();
    if (!std::filesystem::exists(file)) {
        settle_best(run, options, at);
        profiled_steps(options, {0, end});
        run.continue_after(0);
        say("{} holds no checkpoint yet: starting from the beginning\n", run.path().string());
        return;
    }
    CheckpointFacts facts = read_checkpoint_facts(file);
    complete_facts(facts, list);
    complete_training_facts(facts, fixed_facts);
    require_facts(facts, fixed_facts);
    load_checkpoint(file, parts);
    at.load(facts, file);
    if (at.position > batches.count()) {
        throw DataError(fmt::format("{}: expected a position among the {} images, found {}; the file is damaged", file,
                                    batches.count(), at.position));
    }
    if (at.epoch > options.epochs + (at.position == 0)) {
        throw UsageError(fmt::format("--resume: the run has finished {} epochs, --epochs is {}; give more epochs",
                                     at.epoch - 1, options.epochs));
    }
    profiled_steps(options, {at.step, end});
    settle_best(run, options, at);
    run.note_checkpoint();  // which a kill may have come before, and which older runs did not know
    at.seconds = run.continue_after(at.step);
    if (at.epoch > options.epochs)
        say("the run has finished its {} epochs; to go on, give more with --epochs\n", options.epochs);
    else if (is_out_of_patience(options, at))
        say("the run has ended after epoch {}, for want of a better {}; to go on, give a larger --patience, or 0\n",
            at.epoch - 1, at.best.name());
    else
        say("resuming at step {}, epoch {}\n", at.step, at.epoch);
}

}  // namespace sinter
