#include "apps/common/means.h"

#include <cmath>

#include "core/check.h"

namespace sinter {

Means::Means(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) sums_.push_back({name});
}

void Means::add(std::initializer_list<double> batch_means, std::int64_t images) {
    require(batch_means.size() == sums_.size(), "[means] expected {} values, got {}", sums_.size(), batch_means.size());
    const double* mean = batch_means.begin();
    for (Sum& sum : sums_) {
        const double value = *mean++;
        if (std::isnan(value)) continue;
        sum.total += value * static_cast<double>(images);
        sum.images += images;
    }
    images_ += images;
}

double Means::operator[](std::string_view name) const {
    for (const Sum& sum : sums_) {
        if (sum.name == name) return sum.images > 0 ? sum.total / static_cast<double>(sum.images) : 0;
    }
    throw UsageError(fmt::format("[means] there is no value named '{}'", name));
}

std::vector<MetricField> Means::fields() const {
    std::vector<MetricField> fields;
    for (const Sum& sum : sums_) fields.push_back({sum.name, (*this)[sum.name]});
    return fields;
}

void Means::clear() {
    for (Sum& sum : sums_) sum = {sum.name};
    images_ = 0;
}

}  // namespace sinter
