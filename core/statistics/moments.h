// Mean, deviation and error of a few numbers, in double.
#pragma once

#include <cmath>
#include <span>

namespace sinter {

/// The mean; NaN of nothing.
inline double mean_of(std::span<const double> values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

/// The standard deviation of the values themselves, divided by their number, as numpy's std.
inline double deviation_of(std::span<const double> values) {
    const double mean = mean_of(values);
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return std::sqrt(squares / static_cast<double>(values.size()));
}

/// The standard error of their mean, from the unbiased deviation; 0 of a single value, which does not show any.
inline double standard_error_of(std::span<const double> values) {
    if (values.size() < 2) return 0;
    return deviation_of(values) / std::sqrt(static_cast<double>(values.size() - 1));
}

}  // namespace sinter
