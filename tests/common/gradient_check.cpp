#include "tests/common/gradient_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/ops/arithmetic.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/tape.h"

namespace sinter::tests {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr std::uint64_t kOutputSeed = 1001, kGradientSeed = 1002;

/// Copies of the inputs that are parameters.
std::vector<Tensor> parameters(const std::vector<Tensor>& inputs) {
    std::vector<Tensor> copies;
    for (const Tensor& input : inputs) {
        copies.push_back(Tensor::from(std::span<const double>(input.to_doubles()), input.shape(), input.device()));
        copies.back().set_requires_grad(true);
    }
    return copies;
}

/// sum(w * y), with weights that are the same for equal shapes and seeds.
Tensor contract(const Tensor& y, std::uint64_t seed) { return sum(y * uniform(y.shape(), -1, 1, seed)); }

Tensor contracted_output(const Function& f, Inputs inputs) { return contract(f(inputs), kOutputSeed); }

/// sum_i <r_i, d <w, f> / d input_i>, on the tape
Tensor contracted_gradients(const Function& f, Inputs inputs) {
    Tensor total = Tensor::zeros({1}, Device::reference());
    const std::vector<Tensor> first = gradients(contracted_output(f, inputs), inputs, true);
    for (std::size_t i = 0; i < first.size(); ++i) total = total + contract(first[i], kGradientSeed + i);
    return total;
}

struct Differences {
    std::vector<std::vector<double>> slopes;  ///< of every input, by element
    double tolerance = 0;
};

/// Central differences of a one-element function, with step h = cbrt(eps). Their error is h^2 |f'''| / 6 from the
/// truncated series and about eps |f| / h from the rounding of f: both are eps^(2/3) = 3.7e-11 times magnitudes. The
/// factor of 200 covers third derivatives up to about a thousand and roundings that add up inside f.
Differences central_differences(const Function& loss, const std::vector<Tensor>& inputs) {
    const double step = std::cbrt(kEpsilon);
    std::vector<Tensor> moved = parameters(inputs);
    Differences result;
    double scale = std::abs(loss(moved).item()) + 1;
    for (Tensor& x : moved) {
        std::vector<double> values = x.to_doubles();
        std::vector<double>& slopes = result.slopes.emplace_back();
        for (double& value : values) {
            const double at = value;
            const auto evaluate = [&](double place) {
                value = place;
                x.assign(std::span<const double>(values));
                return loss(moved).item();
            };
            const double above = at + step, below = at - step;
            slopes.push_back((evaluate(above) - evaluate(below)) / (above - below));
            evaluate(at);
            scale = std::max(scale, std::abs(slopes.back()));
        }
    }
    result.tolerance = 200 * std::pow(kEpsilon, 2.0 / 3) * scale;
    return result;
}

void expect_slopes(const std::string& what, const std::vector<Tensor>& actual, const Differences& expected,
                   double factor = 1) {
    ASSERT_EQ(actual.size(), expected.slopes.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
        // An input on which nothing depends gets no gradient from backward().
        const std::vector<double> values =
            actual[i].defined() ? actual[i].to_doubles() : std::vector<double>(expected.slopes[i].size());
        ASSERT_EQ(values.size(), expected.slopes[i].size()) << what << ", input " << i;
        for (std::size_t j = 0; j < values.size(); ++j) {
            EXPECT_NEAR(values[j], factor * expected.slopes[i][j], factor * expected.tolerance)
                << what << ", input " << i << ", element " << j;
        }
    }
}

std::vector<Tensor> accumulated(const std::vector<Tensor>& tensors) {
    std::vector<Tensor> result;
    for (const Tensor& tensor : tensors) result.push_back(tensor.grad());
    return result;
}

/// All gradients of the one-element function `loss`.
void expect_all_gradients(const std::string& what, const Function& loss, const std::vector<Tensor>& inputs,
                          Derivatives promised) {
    const Differences expected = central_differences(loss, inputs);

    const std::vector<Tensor> leaves = parameters(inputs);
    backward(loss(leaves));
    expect_slopes(what + ", backward()", accumulated(leaves), expected);
    backward(loss(leaves));
    expect_slopes(what + ", a second backward()", accumulated(leaves), expected, 2);

    expect_slopes(what + ", gradients()", gradients(loss(leaves), leaves), expected);
    if (promised == Derivatives::all) {
        expect_slopes(what + ", gradients(create_graph)", gradients(loss(leaves), leaves, true), expected);
    }
    expect_slopes(what + ", backward() after gradients()", accumulated(leaves), expected, 2);
}

}  // namespace

Tensor uniform(const Shape& shape, double low, double high, std::uint64_t seed) {
    Generator generator(seed, Device::reference());
    return random_uniform(shape, low, high, generator);
}

Tensor away_from_zero(const Shape& shape, std::uint64_t seed) {
    std::vector<double> values = uniform(shape, -1.3, 1.3, seed).to_doubles();
    for (double& value : values) value += value < 0 ? -0.2 : 0.2;
    return Tensor::from(std::span<const double>(values), shape, Device::reference());
}

void expect_gradients(const std::string& what, const Function& f, const std::vector<Tensor>& inputs,
                      Derivatives promised) {
    expect_all_gradients(
        what, [&](Inputs x) { return contracted_output(f, x); }, inputs, promised);
}

void expect_second_derivatives(const std::string& what, const Function& f, const std::vector<Tensor>& inputs) {
    // The square makes the gradient that arrives at the op depend on the inputs: it, too, is differentiated.
    const Function curved = [&](Inputs x) {
        const Tensor y = f(x);
        return y + 0.3 * (y * y);
    };
    expect_all_gradients(
        what + ", second", [&](Inputs x) { return contracted_gradients(curved, x); }, inputs, Derivatives::all);
}

}  // namespace sinter::tests
