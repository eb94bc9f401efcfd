// Logistic regression against optima that are known in closed form or along a line.
#include "core/statistics/logistic_regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/common/errors.h"

namespace sinter {
namespace {

using tests::expect_usage_error;

/// Examples in two groups, told apart by x = -1 and 1, whose classes are mixed in other shares.
struct Groups {
    std::vector<float> x;
    std::vector<std::uint8_t> labels;
    double entropy = 0;  ///< of the class, given the group, in nats
};
Groups groups() {
    Groups found;
    const int counts[2][3] = {{30, 10, 10}, {4, 8, 38}};
    for (int group = 0; group < 2; ++group) {
        for (int label = 0; label < 3; ++label) {
            for (int i = 0; i < counts[group][label]; ++i) {
                found.x.push_back(group == 0 ? -1 : 1);
                found.labels.push_back(static_cast<std::uint8_t>(label));
            }
            const double share = counts[group][label] / 50.0;
            found.entropy -= 0.5 * share * std::log(share);
        }
    }
    return found;
}

TEST(LogisticRegression, ReachesTheConditionalEntropyWithoutDecay) {
    const Groups data = groups();
    for (const Device device : {Device::cpu(), Device::reference()}) {
        const LogisticRegression fitted(data.x, data.labels, 3, device, {.l2 = 0, .tolerance = 1e-5});
        EXPECT_NEAR(fitted.loss(), data.entropy, 1e-6) << device.name();
        EXPECT_TRUE(fitted.has_converged());
        EXPECT_EQ(fitted.predict(std::vector<float>{-1, 1, -3, 5}), (std::vector<Index>{0, 2, 0, 2}));
    }
}

TEST(LogisticRegression, WeighsTheSquaresOfItsWeightsAndNoBias) {
    // Of 100 examples with x = +-1, 80 have the class that x suggests: by symmetry the weights are -w and w, the biases
    // equal. The objective along w, on a grid finer than its curvature could hide.
    std::vector<float> x;
    std::vector<std::uint8_t> labels;
    for (int i = 0; i < 100; ++i) {
        x.push_back(i % 2 == 0 ? -1 : 1);
        labels.push_back(static_cast<std::uint8_t>(i < 80 ? i % 2 : 1 - i % 2));
    }
    constexpr double kDecay = 0.2;
    double best = std::numeric_limits<double>::infinity();
    for (double w = 0; w < 3; w += 1e-4) {
        const double loss = 0.8 * std::log1p(std::exp(-2 * w)) + 0.2 * std::log1p(std::exp(2 * w));
        best = std::min(best, loss + kDecay / 2 * 2 * w * w);
    }
    const LogisticRegression fitted(x, labels, 2, Device::reference(), {.l2 = kDecay, .tolerance = 1e-9});
    EXPECT_NEAR(fitted.loss(), best, 1e-8);

    // A bias pays nothing: classes of unequal shares and a feature that says nothing cost their entropy.
    std::vector<std::uint8_t> uneven(100, 0);
    for (int i = 0; i < 20; ++i) uneven[static_cast<std::size_t>(i)] = 1;  // as many of each x
    const LogisticRegression of_bias(x, uneven, 2, Device::reference(), {.l2 = kDecay, .tolerance = 1e-9});
    EXPECT_NEAR(of_bias.loss(), -0.2 * std::log(0.2) - 0.8 * std::log(0.8), 1e-8);
}

TEST(LogisticRegression, StandardisesWhatItIsGiven) {
    const Groups data = groups();
    std::vector<float> moved;  // the same on another scale, beside a column that never changes
    for (const float x : data.x) {
        moved.push_back(7);
        moved.push_back(1000 + 300 * x);
    }
    const LogisticRegression one(data.x, data.labels, 3, Device::reference(), {.tolerance = 1e-8});
    const LogisticRegression other(moved, data.labels, 3, Device::reference(), {.tolerance = 1e-8});
    EXPECT_NEAR(one.loss(), other.loss(), 1e-7);
    EXPECT_EQ(other.predict(std::vector<float>{7, 700, 9, 1300}), (std::vector<Index>{0, 2}));
}

TEST(LogisticRegression, SaysWhereItStopped) {
    const Groups data = groups();
    const LogisticRegression unfinished(data.x, data.labels, 3, Device::cpu(), {.most_iterations = 1});
    EXPECT_FALSE(unfinished.has_converged());
    EXPECT_EQ(unfinished.iterations(), 1);
    EXPECT_GT(unfinished.loss(), data.entropy);
}

TEST(LogisticRegression, RefusesWhatItCannotLearn) {
    const Device cpu = Device::cpu();
    const std::vector<float> two = {1, 2};
    const std::vector<std::uint8_t> labels = {0, 1}, none, high = {0, 2};
    expect_usage_error([&] { LogisticRegression(two, none, 2, cpu); }, {"[logistic regression]", "0 labels"});
    expect_usage_error([&] { LogisticRegression(std::vector<float>{1, 2, 3}, labels, 2, cpu); }, {"a label for each"});
    expect_usage_error([&] { LogisticRegression(two, high, 2, cpu); }, {"labels below 2"});
    const std::vector<float> infinite = {1, std::numeric_limits<float>::infinity()};
    expect_usage_error([&] { LogisticRegression(infinite, labels, 2, cpu); }, {"finite features"});
    const LogisticRegression fitted(std::vector<float>{1, 2, 3, 4}, labels, 2, cpu);
    expect_usage_error([&] { fitted.predict(std::vector<float>{1, 2, 3}); }, {"vectors of 2 numbers", "3 numbers"});
}

}  // namespace
}  // namespace sinter
