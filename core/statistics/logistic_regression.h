// Multinomial logistic regression: the linear probe of features.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace sinter {

struct LogisticOptions {
    double l2 = 1e-4;            ///< weight of half the squared weights, beside the mean cross-entropy
    int most_iterations = 1000;  ///< of L-BFGS
    double tolerance = 1e-4;     ///< converged: the largest element of the gradient is below
};

/// softmax(standardised x W + b), whose columns are standardised by the mean and the deviation of those it was fitted
/// to; a column that never changes is left out of it.
class LogisticRegression {
public:
    /// Minimises the mean cross-entropy plus l2 / 2 |W|^2, b left out, over `features` [count, size] with `labels` in
    /// [0, classes), by L-BFGS (Liu & Nocedal, 1989) from zero. Gradients are computed on `device`, sums of examples in
    /// its number type. Throws UsageError for no example, labels that do not match, or features that are not finite.
    LogisticRegression(std::span<const float> features, std::span<const std::uint8_t> labels, Index classes,
                       Device device, const LogisticOptions& options = {});

    /// The most probable class of each of other vectors [count, size].
    std::vector<Index> predict(std::span<const float> features) const;

    int iterations() const { return iterations_; }
    bool has_converged() const { return has_converged_; }
    /// The objective where it stopped.
    double loss() const { return loss_; }

private:
    std::vector<float> standardise(std::span<const float> features) const;

    Index size_, classes_;
    Device device_;
    std::vector<double> mean_, scale_;
    std::vector<double> parameters_;  ///< W [size, classes], then b [classes]
    int iterations_ = 0;
    bool has_converged_ = false;
    double loss_ = 0;
};

}  // namespace sinter
