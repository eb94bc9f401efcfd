#include "apps/training/best_epoch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/error.h"
#include "core/names.h"

namespace sinter {
namespace {

constexpr const char *kName = "best.name", *kValue = "best.value", *kEpoch = "best.epoch", *kLooked = "best.looked";

}  // namespace

const Criterion* find_criterion(std::string_view name) {
    const auto found = std::find_if(std::begin(kCriteria), std::end(kCriteria),
                                    [&](const Criterion& criterion) { return criterion.name == name; });
    return found == std::end(kCriteria) ? nullptr : found;
}

std::vector<std::string> criterion_names() {
    std::vector<std::string> names;
    for (const Criterion& criterion : kCriteria) names.emplace_back(criterion.name);
    return names;
}

void BestEpoch::look(double value, std::int64_t epoch) {
    looked_ = epoch;
    const bool is_better = std::isfinite(value) &&
                           (!is_known() || (find_criterion(name_)->higher_is_better ? value > value_ : value < value_));
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
    if (!find_criterion(name_)) {
        throw DataError(fmt::format("{}: expected {} as '{}', found '{}'; the file is damaged", file,
                                    either(criterion_names()), kName, name_));
    }
    looked_ = reader.whole_number(kLooked, 0, epoch);
    epoch_ = reader.whole_number(kEpoch, 0, looked_);
    if (facts.contains(kValue)) value_ = reader.number(kValue);
}

}  // namespace sinter
