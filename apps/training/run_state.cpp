#include "apps/training/run_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/training/divergence.h"
#include "core/error.h"
#include "core/options/facts.h"

namespace sinter {
namespace {

constexpr const char *kTrainSeconds = "epoch.train_seconds", *kOrder = "epoch.numbers";

/// Calls visit(name, member) for every number of a RunState.
template <class State, class Visit>
void for_each_number(State& state, Visit visit) {
    visit("step", state.step);
    visit("epoch", state.epoch);
    visit("position", state.position);
    visit(kTrainSeconds, state.train_seconds);
    visit("seconds", state.seconds);
}

void save_means(const Means& means, CheckpointFacts& facts) {
    facts["epoch.images"] = fmt::format("{}", means.images());
    for (const Means::Sum& sum : means.sums()) {
        facts[kOrder] += (facts[kOrder].empty() ? "" : ",") + sum.name;
        facts["epoch." + sum.name] = fmt::format("{}", sum.total);
        facts["epoch." + sum.name + ".images"] = fmt::format("{}", sum.images);
    }
}

/// The number NAME has the facts epoch.NAME and epoch.NAME.images.
Means load_means(const CheckpointFacts& facts, const FactReader& reader) {
    constexpr std::string_view kBefore = "epoch.", kBehind = ".images";
    constexpr std::int64_t kMaxImages = std::numeric_limits<std::int64_t>::max();
    std::vector<Means::Sum> sums;
    for (const auto& [fact, text] : facts) {
        if (!fact.starts_with(kBefore) || fact.ends_with(kBehind) || fact == "epoch.images" || fact == kTrainSeconds ||
            fact == kOrder)
            continue;
        sums.push_back({fact.substr(kBefore.size()), reader.number(fact),
                        reader.whole_number(fact + std::string(kBehind), 0, kMaxImages)});
    }
    const auto order = facts.find(kOrder);
    if (order != facts.end()) {  // else the first step puts them in order
        std::sort(sums.begin(), sums.end(), [&](const Means::Sum& a, const Means::Sum& b) {
            return ("," + order->second + ",").find("," + a.name + ",") <
                   ("," + order->second + ",").find("," + b.name + ",");
        });
    }
    Means means;
    means.resume_at(reader.whole_number("epoch.images", 0, kMaxImages), std::move(sums));
    return means;
}

void read(const FactReader& facts, const std::string& name, std::int64_t& count) {
    count = facts.whole_number(name, 0, std::numeric_limits<std::int64_t>::max());
}
void read(const FactReader& facts, const std::string& name, double& number) { number = facts.number(name); }

void require_facts(const CheckpointFacts& found, const CheckpointFacts& wanted) {
    for (const auto& [name, value] : wanted) {
        const auto fact = found.find(name);
        if (fact != found.end() && fact->second == value) continue;
        throw UsageError(
            fmt::format("--resume: the run was started with {} '{}', now it is '{}'; leave it as it was, or start a "
                        "new run",
                        name, fact == found.end() ? "" : fact->second, value));
    }
}

}  // namespace

void RunState::begin_next_epoch() {
    ++epoch;
    position = 0;
    means.clear();
    train_seconds = 0;
}

void RunState::save(CheckpointFacts& facts) const {
    for_each_number(*this,
                    [&](const std::string& name, const auto& number) { facts[name] = fmt::format("{}", number); });
    save_means(means, facts);
}

void RunState::load(const CheckpointFacts& facts, const std::string& file) {
    const FactReader reader(facts, file);
    for_each_number(*this, [&](const std::string& name, auto& number) { read(reader, name, number); });
    means = load_means(facts, reader);
}

void save_run(RunFolder& run, std::span<const CheckpointPart> parts, CheckpointFacts facts, const RunState& at) {
    at.save(facts);
    run.metrics().sync();  // before the checkpoint, which goes on after the last line
    try {
        save_checkpoint(run.checkpoint(), parts, facts);
    } catch (const DivergedError& where) {
        tell_divergence(run, at);
        throw DivergedError(fmt::format("diverged at step {}: {}; {}", at.step, where.what(), kDivergenceAdvice));
    }
}

CheckpointFacts resume_run(RunFolder& run, std::span<const CheckpointPart> parts, const OptionList& list,
                           const CheckpointFacts& fixed_facts, const TrainingOptions& options,
                           std::int64_t images_per_epoch, RunState& at) {
    const std::string file = run.checkpoint().string();
    if (!std::filesystem::exists(file)) {
        run.continue_after(0);
        fmt::print(stderr, "{} holds no checkpoint yet: starting from the beginning\n", run.path().string());
        return {};
    }
    CheckpointFacts facts = read_checkpoint_facts(file);
    complete_facts(facts, list);
    require_facts(facts, fixed_facts);
    load_checkpoint(file, parts);
    at.load(facts, file);
    if (at.position > images_per_epoch) {
        throw DataError(fmt::format("{}: expected a position among the {} images, found {}; the file is damaged", file,
                                    images_per_epoch, at.position));
    }
    if (at.epoch > options.epochs + (at.position == 0)) {
        throw UsageError(fmt::format("--resume: the run has finished {} epochs, --epochs is {}; give more epochs",
                                     at.epoch - 1, options.epochs));
    }
    run.continue_after(at.step);
    fmt::print(stderr, "resuming at step {}, epoch {}\n", at.step, at.epoch);
    return facts;
}

}  // namespace sinter
