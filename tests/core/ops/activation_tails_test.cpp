// Slopes far below zero: small numbers, of which every digit counts where a later layer or a penalty makes them large.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "core/ops/activation.h"
#include "core/ops/arithmetic.h"
#include "core/ops/conv.h"
#include "core/ops/linear.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/tape.h"

namespace sinter::tests {
namespace {

struct Tail {
    const char* name;
    Activation f;
    std::function<double(double x)> slope;
};

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// Those whose slope becomes small like e^x. That of tanh is computed from y as PyTorch does, and is lost where y is 1.
const std::vector<Tail>& tails() {
    static const std::vector<Tail> kTails = {
        {"elu", elu(), [](double x) { return std::exp(x); }},
        {"elu of another alpha", elu(0.5), [](double x) { return 0.5 * std::exp(x); }},
        {"softplus", softplus(), logistic},
        {"sigmoid", sigmoid(), [](double x) { return logistic(x) * logistic(-x); }},
        {"exp", exp(), [](double x) { return std::exp(x); }},
    };
    return kTails;
}

using Form = std::function<Tensor(const Tensor& x, Activation f)>;

/// f(x) as an op of its own, and as the end of a product and of a convolution, whose weight is 1.
const std::vector<std::pair<std::string, Form>>& forms() {
    static const std::vector<std::pair<std::string, Form>> kForms = {
        {"alone", [](const Tensor& x, Activation f) { return activate(x, f); }},
        {"linear",
         [](const Tensor& x, Activation f) {
             return linear(x, Tensor::full({1, 1}, 1, x.device()), {}, f);
         }},
        {"conv2d",
         [](const Tensor& x, Activation f) {
             const Tensor image = reshape(x, {x.size(0), 1, 1, 1});
             return conv2d(image, Tensor::full({1, 1, 1, 1}, 1, x.device()), {}, {}, f);
         }},
    };
    return kForms;
}

void expect_relative(const std::vector<float>& found, const std::vector<float>& x, const Tail& tail) {
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double exact = tail.slope(x[i]);
        ASSERT_NEAR(found[i], exact, 8 * 0x1p-24 * exact) << "at " << x[i];
    }
}

TEST(ActivationTails, SlopesKeepTheirDigitsFarBelowZero) {
    std::vector<float> values;
    for (int i = 0; i <= 30 * 64; ++i) values.push_back(-static_cast<float>(i) / 64);
    for (const Tail& tail : tails()) {
        for (const auto& [form, apply] : forms()) {
            for (const bool create_graph : {false, true}) {
                SCOPED_TRACE(std::string(tail.name) + ", " + form + (create_graph ? ", on the tape" : ""));
                const Tensor x =
                    Tensor::from(std::span<const float>(values), {static_cast<Index>(values.size()), 1}, Device::cpu())
                        .set_requires_grad(true);
                expect_relative(gradient(sum(apply(x, tail.f)), x, create_graph).to_floats(), values, tail);
            }
        }
    }
}

}  // namespace
}  // namespace sinter::tests
