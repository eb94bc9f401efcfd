// Which epoch of a run was best, by a number that tells good epochs from bad ones.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/options/facts.h"

namespace sinter {

/// The best of the epochs that were looked at, by one number.
class BestEpoch {
public:
    /// Goes by no number.
    BestEpoch() = default;
    /// Goes by the number `name` of kMeasureKinds ("": none), from the epoch behind `epoch` on.
    BestEpoch(std::string name, std::int64_t epoch) : name_(std::move(name)), epoch_(epoch), looked_(epoch) {}

    /// Looks at the number as it was after an epoch. It is the best where it is better than all before: of equal ones
    /// the earliest stays, and NaN and infinity are never best.
    void look(double value, std::int64_t epoch);

    const std::string& name() const { return name_; }
    bool is_known() const { return value_ == value_; }
    bool is(std::int64_t epoch) const { return is_known() && epoch_ == epoch; }
    /// NaN where none is known.
    double value() const { return value_; }
    /// The best epoch; where none is known, the one before the first that could be.
    std::int64_t epoch() const { return epoch_; }
    /// Epochs from there to the last one that was looked at.
    std::int64_t epochs_since() const { return looked_ - epoch_; }

    /// Adds to facts, or reads from them what was added before `epoch`: nothing where it goes by no number, and nothing
    /// in a checkpoint of a program that did not know of it. Throws DataError where a fact is damaged.
    void save(CheckpointFacts& facts) const;
    void load(const CheckpointFacts& facts, const std::string& file, std::int64_t epoch);

private:
    std::string name_;
    double value_ = std::numeric_limits<double>::quiet_NaN();
    std::int64_t epoch_ = 0, looked_ = 0;
};

}  // namespace sinter
