#include "apps/training/best_epoch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "apps/common/measure_kinds.h"
#include "core/error.h"

namespace sinter {
namespace {

constexpr const char *kName = "best.name", *kValue = "best.value", *kEpoch = "best.epoch", *kLooked = "best.looked";

}  // namespace

void BestEpoch::look(double value, std::int64_t epoch) {
    looked_ = epoch;
    const bool is_better = std::isfinite(value) &&
                           (!is_known() || (measure_kind(name_).best == Best::high ? value > value_ : value < value_));
    if (!is_better) return;
    value_ = value;
    epoch_ = epoch;
}

void BestEpoch::save(CheckpointFacts& facts) const {
    if (name_.empty()) return;
    facts[kName] = name_;
    facts[kEpoch] = fmt::format("{}", epoch_);
    facts[kLooked] = fmt::format("{}", looked_);
    if (is_known()) facts[kValue] = fmt::format("{}", value_);
}

void BestEpoch::load(const CheckpointFacts& facts, const std::string& file, std::int64_t epoch) {
    *this = {};
    if (!facts.contains(kName)) return;
    const FactReader reader(facts, file);
    name_ = reader.text(kName);
    const MeasureKind* const kind = find_measure_kind(name_);
    if (!kind || !can_be_best(*kind)) {
        throw DataError(fmt::format("{}: expected {} as '{}', found '{}'; the file is damaged", file,
                                    fmt::join(measure_names(can_be_best), ", "), kName, name_));
    }
    looked_ = reader.whole_number(kLooked, 0, epoch);
    epoch_ = reader.whole_number(kEpoch, 0, looked_);
    if (facts.contains(kValue)) value_ = reader.number(kValue);
}

}  // namespace sinter
