#include "models/one_hot_labels.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "core/check.h"
#include "core/ops/embedding.h"
#include "core/ops/random.h"
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

void OneHotLabels::start_rows(Tensor weight, Generator& init) const {
    if (classes_ == 0) return;
    const double bound = std::sqrt(3.0);
    std::vector<float> values = weight.to_floats();
    const std::vector<float> rows = random_uniform({classes_, weight.size(1)}, -bound, bound, init).to_floats();
    std::copy(rows.begin(), rows.end(), values.end() - std::ssize(rows));
    weight.assign(std::span<const float>(values));
}

}  // namespace sinter
