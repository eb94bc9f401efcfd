#include "core/statistics/importance_curve.h"

#include <cmath>

#include "core/check.h"

namespace sinter {

ImportanceCurve::ImportanceCurve(std::int64_t samples) : samples_(samples) {
    require(samples >= 1, "[importance_curve] expected one sample of each image or more, got {}", samples);
    for (std::int64_t size = 1; size < samples; size *= 10) {
        levels_.push_back({.size = size});
        if (size > samples / 10) break;  // the next would be beyond the samples, or beyond the type
    }
    sums_.resize(levels_.size() + 1);
    squares_.resize(sums_.size());
    first_.resize(sums_.size());
}

void ImportanceCurve::add(double log_weight) {
    double sum = log_weight;  // the logarithm of the sum of the weights of the group that is complete
    bool is_complete = true;
    for (Level& level : levels_) {
        level.group.add(sum);
        is_complete = ++level.parts == (level.size == 1 ? 1 : 10);
        if (!is_complete) break;
        sum = level.group.value();
        level.sum += sum - std::log(static_cast<double>(level.size));
        ++level.groups;
        level.group = {};
        level.parts = 0;
    }
    if (is_complete) rest_.add(sum);
    if (++taken_ == samples_) end_image();
}

void ImportanceCurve::end_image() {
    for (const Level& level : levels_)
        if (level.parts > 0) rest_.add(level.group.value());
    for (std::size_t i = 0; i < sums_.size(); ++i) {
        const double bound = i < levels_.size() ? levels_[i].sum / static_cast<double>(levels_[i].groups)
                                                : rest_.value() - std::log(static_cast<double>(samples_));
        if (images_ == 0) first_[i] = bound;
        const double difference = bound - first_[i];
        sums_[i] += difference;
        squares_[i] += difference * difference;
    }
    for (Level& level : levels_) level = {.size = level.size};
    rest_ = {};
    taken_ = 0;
    ++images_;
}

std::vector<ImportanceBound> ImportanceCurve::bounds() const {
    std::vector<ImportanceBound> bounds;
    const double n = static_cast<double>(images_);
    for (std::size_t i = 0; i < sums_.size(); ++i) {
        const double variance = std::max(0.0, squares_[i] - sums_[i] * sums_[i] / n) / (n - 1);
        bounds.push_back({.samples = i < levels_.size() ? levels_[i].size : samples_,
                          .mean = first_[i] + sums_[i] / n,
                          .standard_error = n > 1 ? std::sqrt(variance / n) : std::nan("")});
    }
    return bounds;
}

}  // namespace sinter
