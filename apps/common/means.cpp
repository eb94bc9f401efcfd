#include "apps/common/means.h"

#include "core/check.h"

namespace sinter {

Means::Means(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) sums_.push_back({name});
}

void Means::add(std::initializer_list<double> batch_means, std::int64_t images) {
    require(batch_means.size() == sums_.size(), "[means] expected {} values, got {}", sums_.size(), batch_means.size());
    const double* mean = batch_means.begin();
    for (Sum& sum : sums_) sum.value += *mean++ * static_cast<double>(images);
    images_ += images;
}

double Means::operator[](std::string_view name) const {
    for (const Sum& sum : sums_) {
        if (sum.name == name) return images_ > 0 ? sum.value / static_cast<double>(images_) : 0;
    }
    throw UsageError(fmt::format("[means] there is no value named '{}'", name));
}

void Means::clear() {
    for (Sum& sum : sums_) sum.value = 0;
    images_ = 0;
}

}  // namespace sinter
