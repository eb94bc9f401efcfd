#include "apps/training/means.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/check.h"

namespace sinter {

void Means::add(std::span<const NamedNumber> batch_means, std::int64_t images) {
    for (std::size_t i = 0; i < batch_means.size(); ++i) {
        Sum& sum = sum_at(i, batch_means[i].name);
        if (std::isnan(batch_means[i].value)) continue;
        sum.total += batch_means[i].value * static_cast<double>(images);
        sum.images += images;
    }
    images_ += images;
}

/// The sum of that name, moved to where the batch has it: those of a checkpoint have come in another order.
Means::Sum& Means::sum_at(std::size_t place, std::string_view name) {
    auto found = std::find_if(sums_.begin(), sums_.end(), [&](const Sum& sum) { return sum.name == name; });
    if (found == sums_.end()) found = sums_.insert(found, {std::string(name)});
    if (place < sums_.size() && sums_[place].name != name) std::swap(*found, sums_[place]);
    return place < sums_.size() ? sums_[place] : *found;
}

double Means::operator[](std::string_view name) const {
    for (const Sum& sum : sums_) {
        if (sum.name == name) return sum.images > 0 ? sum.total / static_cast<double>(sum.images) : 0;
    }
    throw UsageError(fmt::format("[means] there is no number named '{}'", name));
}

std::vector<MetricField> Means::fields() const {
    std::vector<MetricField> fields;
    for (const Sum& sum : sums_) fields.push_back({sum.name, (*this)[sum.name]});
    return fields;
}

void Means::resume_at(std::int64_t images, std::vector<Sum> sums) {
    images_ = images;
    sums_ = std::move(sums);
}

}  // namespace sinter
