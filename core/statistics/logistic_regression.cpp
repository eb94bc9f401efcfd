#include "core/statistics/logistic_regression.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <deque>

#include "core/check.h"
#include "core/losses/loss.h"
#include "core/ops/linear.h"
#include "core/tape.h"

namespace sinter {
namespace {

using Vector = Eigen::VectorXd;

constexpr std::size_t kPairs = 10;  // of steps and changes of the gradient that L-BFGS remembers

/// The objective and its gradient, on a device.
class Objective {
public:
    Objective(std::span<const float> features, std::span<const std::uint8_t> labels, Index size, Index classes,
              double l2, Device device)
        : size_(size),
          classes_(classes),
          l2_(l2),
          features_(Tensor::from(features, {static_cast<Index>(labels.size()), size}, device)),
          labels_(std::span<const std::int32_t>(std::vector<std::int32_t>(labels.begin(), labels.end())), device),
          weight_(Tensor::zeros({size, classes}, device)),
          bias_(Tensor::zeros({classes}, device)) {
        weight_.set_requires_grad(true);
        bias_.set_requires_grad(true);
    }

    double operator()(const Vector& at, Vector& gradient) {
        const Index weights = size_ * classes_;
        weight_.assign(std::span(at.data(), static_cast<std::size_t>(weights)));
        bias_.assign(std::span(at.data() + weights, static_cast<std::size_t>(classes_)));
        weight_.clear_grad();
        bias_.clear_grad();
        const Tensor loss = softmax_cross_entropy(linear(features_, weight_, bias_), labels_,
                                                  1.0 / static_cast<double>(labels_.count()));
        backward(loss);
        const std::vector<double> dw = weight_.grad().to_doubles(), db = bias_.grad().to_doubles();
        gradient.head(weights) = Eigen::Map<const Vector>(dw.data(), weights) + l2_ * at.head(weights);
        gradient.tail(classes_) = Eigen::Map<const Vector>(db.data(), classes_);
        return loss.item() + l2_ / 2 * at.head(weights).squaredNorm();
    }

private:
    Index size_, classes_;
    double l2_;
    Tensor features_;
    Buffer<std::int32_t> labels_;
    Tensor weight_, bias_;
};

/// The direction of L-BFGS: minus the inverse Hessian that the remembered pairs suggest, times the gradient.
class Memory {
public:
    void remember(const Vector& step, const Vector& change) {
        if (step.dot(change) <= 1e-10 * change.squaredNorm()) return;  // no curvature to learn from
        pairs_.push_back({step, change, 1 / step.dot(change)});
        if (pairs_.size() > kPairs) pairs_.pop_front();
    }
    void forget() { pairs_.clear(); }
    bool is_empty() const { return pairs_.empty(); }

    Vector direction(const Vector& gradient) const {
        Vector q = gradient;
        std::vector<double> alphas(pairs_.size());
        for (std::size_t i = pairs_.size(); i-- > 0;) {
            alphas[i] = pairs_[i].inverse * pairs_[i].step.dot(q);
            q -= alphas[i] * pairs_[i].change;
        }
        if (!pairs_.empty()) q *= 1 / (pairs_.back().inverse * pairs_.back().change.squaredNorm());
        for (std::size_t i = 0; i < pairs_.size(); ++i)
            q += (alphas[i] - pairs_[i].inverse * pairs_[i].change.dot(q)) * pairs_[i].step;
        return -q;
    }

private:
    struct Pair {
        Vector step, change;
        double inverse;  ///< 1 / (step . change)
    };
    std::deque<Pair> pairs_;
};

}  // namespace

LogisticRegression::LogisticRegression(std::span<const float> features, std::span<const std::uint8_t> labels,
                                       Index classes, Device device, const LogisticOptions& options)
    : size_(labels.empty() ? 0 : static_cast<Index>(features.size() / labels.size())),
      classes_(classes),
      device_(device) {
    require(!labels.empty() && size_ >= 1 && static_cast<std::size_t>(size_) * labels.size() == features.size(),
            "[logistic regression] expected a label for each vector, got {} labels and {} numbers", labels.size(),
            features.size());
    require(std::all_of(labels.begin(), labels.end(), [&](std::uint8_t label) { return label < classes; }),
            "[logistic regression] expected labels below {}, the number of classes", classes);
    require(std::all_of(features.begin(), features.end(), [](float value) { return std::isfinite(value); }),
            "[logistic regression] expected finite features, got NaN or infinity");
    const double count = static_cast<double>(labels.size());
    mean_.assign(static_cast<std::size_t>(size_), 0);
    scale_.assign(static_cast<std::size_t>(size_), 0);
    const auto column = [&](std::size_t i) { return i % static_cast<std::size_t>(size_); };
    for (std::size_t i = 0; i < features.size(); ++i) mean_[column(i)] += features[i] / count;
    for (std::size_t i = 0; i < features.size(); ++i)
        scale_[column(i)] += (features[i] - mean_[column(i)]) * (features[i] - mean_[column(i)]) / count;
    // Of a column that never changes, rounding may leave a trace of a variance; floats that differ have more.
    for (std::size_t i = 0; i < scale_.size(); ++i)
        scale_[i] = scale_[i] > 1e-15 * mean_[i] * mean_[i] ? 1 / std::sqrt(scale_[i]) : 0;

    Objective objective(standardise(features), labels, size_, classes, options.l2, device);
    const Index parameters = (size_ + 1) * classes;
    Vector at = Vector::Zero(parameters), gradient(parameters), next_gradient(parameters);
    loss_ = objective(at, gradient);
    Memory memory;
    while (iterations_ < options.most_iterations) {
        has_converged_ = gradient.cwiseAbs().maxCoeff() < options.tolerance;
        if (has_converged_) break;
        ++iterations_;
        const Vector direction = memory.direction(gradient);
        const double slope = direction.dot(gradient);
        double length = memory.is_empty() ? 1 / std::max(1.0, gradient.norm()) : 1;
        Vector next;
        double next_loss = loss_;
        bool is_lower = false;
        for (int attempt = 0; attempt < 30 && !is_lower; ++attempt, length /= 2) {
            next = at + length * direction;
            next_loss = objective(next, next_gradient);
            // Near the optimum the losses of a device in float no longer differ, but slopes do (Hager & Zhang, 2005).
            is_lower = next_loss <= loss_ + 1e-4 * length * slope ||
                       (next_loss <= loss_ + 1e-6 * std::abs(loss_) &&
                        std::abs(next_gradient.dot(direction)) <= 0.9 * std::abs(slope));
        }
        if (!is_lower) {
            // The device's sums cannot tell better from worse any more; without a memory it is the end.
            if (memory.is_empty()) break;
            memory.forget();
            continue;
        }
        memory.remember(next - at, next_gradient - gradient);
        at = next;
        gradient = next_gradient;
        loss_ = next_loss;
    }
    parameters_.assign(at.data(), at.data() + parameters);
}

std::vector<float> LogisticRegression::standardise(std::span<const float> features) const {
    std::vector<float> standardised(features.size());
    for (std::size_t i = 0; i < features.size(); ++i) {
        const std::size_t column = i % mean_.size();
        standardised[i] = static_cast<float>((features[i] - mean_[column]) * scale_[column]);
    }
    return standardised;
}

std::vector<Index> LogisticRegression::predict(std::span<const float> features) const {
    const Index count = static_cast<Index>(features.size()) / size_, weights = size_ * classes_;
    require(count * size_ == static_cast<Index>(features.size()),
            "[logistic regression] expected vectors of {} numbers, got {} numbers", size_, features.size());
    const NoGrad no_grad;
    const std::span parameters(parameters_);
    const Tensor weight = Tensor::from(parameters.first(static_cast<std::size_t>(weights)), {size_, classes_}, device_);
    const Tensor bias = Tensor::from(parameters.subspan(static_cast<std::size_t>(weights)), {classes_}, device_);
    const std::vector<float> logits =
        linear(Tensor::from(std::span<const float>(standardise(features)), {count, size_}, device_), weight, bias)
            .to_floats();
    std::vector<Index> classes;
    for (auto row = logits.begin(); row != logits.end(); row += classes_)
        classes.push_back(std::max_element(row, row + classes_) - row);
    return classes;
}

}  // namespace sinter
