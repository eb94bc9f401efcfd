// What goes wrong in a training without a number that is not finite, and when users are told of it. What every program
// can see is looked for here; the rest stands with the kinds of model, in apps/vae/trouble.h and apps/gan/trouble.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/training/means.h"
#include "core/options/facts.h"

namespace sinter {

/// What a look for one kind of trouble has found after an epoch.
struct Finding {
    /// For metrics.jsonl, such as "discriminator_saturated". A checkpoint has the epochs in a row that have seen it as
    /// the fact epochs_<event>.
    std::string_view event;
    std::string sentence = {};  ///< what was seen and what to do; empty: no trouble
};

/// Decides when trouble is told: after kPatience epochs of it in a row, once, and again when it comes back after an
/// epoch without it. Healthy networks have single epochs of it, the first ones above all.
class Alarm {
public:
    static constexpr std::int64_t kPatience = 3;

    /// `epochs`: how many the trouble has lasted, as a checkpoint remembers.
    explicit Alarm(std::int64_t epochs = 0) : epochs_(epochs) {}
    /// Whether to tell now, after an epoch with or without trouble.
    bool rings(bool trouble);
    std::int64_t epochs() const { return epochs_; }

private:
    std::int64_t epochs_;
};

/// An alarm for each kind of trouble that somebody looks for, and what the numbers were in the first epoch.
class TroubleWatch {
public:
    /// Whether it is to be told now, after an epoch in which this was found.
    bool rings(const Finding& finding);

    /// After every epoch: whether the numbers of the steps move. They do not where every one of them is what it was in
    /// the first epoch, to a part of kStill: networks that learn leave it, and those that have converged are far from
    /// it. The means of a GAN's oscillating numbers are so close only where they are constant. Where `guessing` is
    /// given (TrainingPlan), a loss that is not better than it is no movement either.
    Finding find_standstill(const Means& epoch, std::int64_t number, std::optional<double> guessing = {});
    static constexpr double kStill = 1e-3;

    /// Adds to facts, or reads from them what was added in `epoch` or before. What is not there begins anew, but for
    /// the numbers of the first epoch: without them, nobody tells whether they have moved. Throws DataError where a
    /// fact is damaged.
    void save(CheckpointFacts& facts) const;
    void load(const CheckpointFacts& facts, const std::string& file, std::int64_t epoch);

private:
    std::map<std::string, Alarm, std::less<>> alarms_;  ///< by event
    std::map<std::string, double> first_epoch_;
};

}  // namespace sinter
