#include "apps/training/trouble.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace sinter {
namespace {

constexpr const char *kAlarms = "epochs_", *kFirst = "first.";  // how facts begin
/// A classifier that knows the shares of the classes and nothing else pays what guessing costs.
constexpr double kGuessed = 0.99;

}  // namespace

bool Alarm::rings(bool trouble) {
    epochs_ = trouble ? epochs_ + 1 : 0;
    return epochs_ == kPatience;
}

bool TroubleWatch::rings(const Finding& finding) {
    return alarms_.try_emplace(std::string(finding.event)).first->second.rings(!finding.sentence.empty());
}

Finding TroubleWatch::find_standstill(const Means& epoch, std::int64_t number, std::optional<double> guessing) {
    Finding finding{"loss_stands_still"};
    if (guessing && epoch["loss"] >= kGuessed * *guessing) {
        finding.sentence = fmt::format(
            "the loss is that of guessing ({:.4f}, and {:.4f} for who knows the shares of the classes alone): nothing "
            "is learned from the images; try another --lr, lower where the loss has jumped, --warmup-steps or "
            "--clip-norm, and look at the data and its labels",
            epoch["loss"], *guessing);
    }
    std::vector<std::string> names;  // of the numbers that came
    for (const Means::Sum& sum : epoch.sums())
        if (sum.images > 0) names.push_back(sum.name);
    if (number == 1)
        for (const std::string& name : names) first_epoch_[name] = epoch[name];
    const auto has_moved = [&](const std::string& name) {
        const auto first = first_epoch_.find(name);
        return first == first_epoch_.end() || std::abs(epoch[name] - first->second) > kStill * std::abs(first->second);
    };
    const bool is_still = number > 1 && !names.empty() && std::none_of(names.begin(), names.end(), has_moved);
    if (!is_still || !finding.sentence.empty()) return finding;
    const std::string& name = names.front();
    finding.sentence = fmt::format(
        "the numbers of the training do not move ({} is {:.6g}, and was {:.6g} over the first epoch): nothing is "
        "learned; try a higher --lr, or a lower one where it is high (units that are dead learn nothing), and look at "
        "the data",
        name, epoch[name], first_epoch_.at(name));
    return finding;
}

void TroubleWatch::save(CheckpointFacts& facts) const {
    for (const auto& [event, alarm] : alarms_) facts[kAlarms + event] = fmt::format("{}", alarm.epochs());
    for (const auto& [name, value] : first_epoch_) facts[kFirst + name] = fmt::format("{}", value);
}

void TroubleWatch::load(const CheckpointFacts& facts, const std::string& file, std::int64_t epoch) {
    *this = {};
    const FactReader reader(facts, file);
    for (const auto& [fact, text] : facts) {
        const auto behind = [&](std::string_view beginning) { return fact.substr(beginning.size()); };
        if (fact.starts_with(kAlarms)) alarms_.emplace(behind(kAlarms), reader.whole_number(fact, 0, epoch));
        if (fact.starts_with(kFirst)) first_epoch_[behind(kFirst)] = reader.number(fact);
    }
}

}  // namespace sinter
