#include "models/one_hot_labels.h"

#include <cmath>
#include <span>
#include <vector>

#include "core/check.h"
#include "core/ops/embedding.h"
#include "core/ops/shape.h"

namespace sinter {

OneHotLabels::OneHotLabels(Index classes, Device device) : classes_(classes) {
    require(classes >= 0, "[labels] expected a number of classes, or 0 for none, got {}", classes);
    if (classes == 0) return;
    std::vector<float> values(static_cast<std::size_t>(classes * classes));
    for (std::size_t i = 0; i < values.size(); i += static_cast<std::size_t>(classes) + 1) values[i] = 1;
    identity_ = Tensor::from(std::span<const float>(values), {classes, classes}, device);
}

Tensor OneHotLabels::append(const Tensor& x, const Buffer<std::int32_t>& labels) const {
    const Index expected = classes_ > 0 ? x.size(0) : 0;
    require(labels.count() == expected, "[labels] a model of {} classes expected {} labels with a batch of {}, got {}",
            classes_, expected, x.size(0), labels.count());
    return classes_ > 0 ? concatenate_columns(x, embedding(identity_, labels)) : x;
}

void OneHotLabels::scale_rows(Tensor weight) const {
    if (classes_ == 0) return;
    const Index columns = weight.size(0) - classes_;
    const auto gain = static_cast<float>(2 * std::sqrt(static_cast<double>(columns)));
    std::vector<float> values = weight.to_floats();
    for (auto value = values.begin() + columns * weight.size(1); value != values.end(); ++value) *value *= gain;
    weight.assign(std::span<const float>(values));
}

}  // namespace sinter
