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

Device& current_device() {
    static Device device = Device::reference();
    return device;
}

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
    Tensor total = Tensor::zeros({1}, test_device());
    const std::vector<Tensor> first = gradients(contracted_output(f, inputs), inputs, true);
    for (std::size_t i = 0; i < first.size(); ++i) total = total + contract(first[i], kGradientSeed + i);
    return total;
}

/// y + 0.3 y^2: the square makes the gradient that arrives at the op depend on the inputs: it, too, is differentiated.
Function curved(const Function& f) {
    return [f](Inputs x) {
        const Tensor y = f(x);
        return y + 0.3 * (y * y);
    };
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

Device test_device() { return current_device(); }

TestDevice::TestDevice(Device device) : before_(current_device()) { current_device() = device; }
TestDevice::~TestDevice() { current_device() = before_; }

Tensor uniform(const Shape& shape, double low, double high, std::uint64_t seed) {
    Generator generator(seed, Device::reference());
    const Tensor values = random_uniform(shape, low, high, generator);
    if (test_device() == values.device()) return values;
    return Tensor::from(std::span<const double>(values.to_doubles()), shape, test_device());
}

Tensor away_from_zero(const Shape& shape, std::uint64_t seed) {
    Generator generator(seed, Device::reference());
    std::vector<double> values = random_uniform(shape, -1.3, 1.3, generator).to_doubles();
    for (double& value : values) value += value < 0 ? -0.2 : 0.2;
    return Tensor::from(std::span<const double>(values), shape, test_device());
}

void expect_gradients(const std::string& what, const Function& f, const std::vector<Tensor>& inputs,
                      Derivatives promised) {
    expect_all_gradients(
        what, [&](Inputs x) { return contracted_output(f, x); }, inputs, promised);
}

void expect_as_on_reference(Device device, const Function& f, const std::vector<Tensor>& inputs,
                            const Function& expected, const std::vector<Tensor>& expected_inputs,
                            Derivatives promised) {
    const auto compute = [&](Device on, const Function& function, const std::vector<Tensor>& at) {
        const TestDevice here(on);
        std::vector<Tensor> leaves = parameters(at);
        std::vector<Tensor> results = {function(leaves)};
        for (const Tensor& slope : gradients(contracted_output(function, leaves), leaves)) results.push_back(slope);
        if (promised == Derivatives::all) {
            for (const Tensor& slope : gradients(contracted_gradients(curved(function), leaves), leaves))
                results.push_back(slope);
        }
        backward(contracted_output(function, leaves));
        for (const Tensor& slope : accumulated(leaves))
            if (slope.defined()) results.push_back(slope);
        return results;
    };
    const std::vector<Tensor> actual = compute(device, f, inputs);
    const std::vector<Tensor> wanted = compute(Device::reference(), expected, expected_inputs);
    ASSERT_EQ(actual.size(), wanted.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
        const std::vector<double> found = actual[i].to_doubles(), reference = wanted[i].to_doubles();
        ASSERT_EQ(found.size(), reference.size()) << "result " << i;
        double scale = 1;
        for (const double value : reference) scale = std::max(scale, std::abs(value));
        for (std::size_t j = 0; j < found.size(); ++j) {
            EXPECT_NEAR(found[j], reference[j], 100 * std::numeric_limits<float>::epsilon() * scale)
                << "result " << i << ", element " << j;
        }
    }
}

void expect_second_derivatives(const std::string& what, const Function& f, const std::vector<Tensor>& inputs) {
    const Function function = curved(f);
    expect_all_gradients(
        what + ", second", [&](Inputs x) { return contracted_gradients(function, x); }, inputs, Derivatives::all);
}

}  // namespace sinter::tests
