// log(sum of e^x) as the numbers come, without overflow.
#pragma once

#include <cmath>
#include <limits>
#include <span>

namespace sinter {

/// The logarithm of a sum of exponentials, one by one: the largest so far is taken out of the sum. Of nothing it is
/// minus infinity; NaN stays.
class LogSumExp {
public:
    void add(double x) {
        if (x <= largest_) {
            if (x > -std::numeric_limits<double>::infinity()) sum_ += std::exp(x - largest_);
            return;
        }
        sum_ = sum_ * std::exp(largest_ - x) + 1;  // NaN comes here, too
        largest_ = x;
    }
    double value() const { return largest_ + std::log(sum_); }

private:
    double largest_ = -std::numeric_limits<double>::infinity(), sum_ = 0;
};

/// log(1/n sum of e^x) of n numbers.
inline double log_mean_exp(std::span<const double> values) {
    LogSumExp sum;
    for (const double x : values) sum.add(x);
    return sum.value() - std::log(static_cast<double>(values.size()));
}

}  // namespace sinter
