// The numeric watch: a NaN or an overflow is found where it first appears, and named.
#include "core/watch.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/nn/layers.h"
#include "core/ops/arithmetic.h"
#include "core/ops/linear.h"
#include "core/ops/reduce.h"
#include "core/profile/scope.h"
#include "core/tape.h"
#include "tests/common/errors.h"

namespace sinter::tests {
namespace {

/// Two layers, "first" and "second", on Device::cpu().
struct Network : Module {
    Network() {
        layers.add<Linear>("first", 3, 4, generator, LinearOptions{.activation = tanh()});
        layers.add<Linear>("second", 4, 2, generator);
        add_module("layers", layers);
    }
    Tensor forward() {
        const Scope scope("network");
        return layers.forward(Tensor::full({2, 3}, 0.5, Device::cpu()));
    }
    Generator generator{1, Device::cpu()};
    Sequential layers;
};

void put(const Tensor& tensor, std::size_t element, float value) {
    std::vector<float> values = tensor.to_floats();
    values[element] = value;
    Tensor(tensor).assign(std::span<const float>(values));
}

TEST(Watch, FindsNothingInAHealthyStep) {
    Network network;
    const Watch watch;
    EXPECT_NO_THROW(backward(sum(network.forward())));
}

TEST(Watch, NamesTheLayerWhoseWeightIsNaN) {
    Network network;
    put(network.parameters()[2].tensor, 1, std::numeric_limits<float>::quiet_NaN());  // weight [4, 2]: output 1
    EXPECT_EQ(network.parameters()[2].name, "layers.second.weight");
    EXPECT_NO_THROW(network.forward()) << "nothing is checked without a Watch";
    const Watch watch;
    expect_error<DivergedError>([&] { network.forward(); }, {"[linear]", "network.second", "NaN", "element 1 of 2x2"});
}

TEST(Watch, NamesTheOpThatOverflows) {
    const Tensor x = Tensor::full({3}, 100, Device::cpu());
    const Watch watch;
    const Scope scope("encoder");
    expect_error<DivergedError>([&] { exp(x); }, {"[activation]", "encoder", "infinity", "of 3"});
    expect_error<DivergedError>([&] { x* Tensor::full({3}, 1e38, Device::cpu()); }, {"[multiply]", "infinity"});
}

TEST(Watch, FindsAGradientThatOverflows) {
    Tensor x = Tensor::zeros({3}, Device::cpu());
    x.set_requires_grad(true);
    const Tensor loss = sum(sqrt(x));  // d sqrt(x) = dx / (2 sqrt(x)) at 0
    EXPECT_NO_THROW(backward(loss, true));
    const Watch watch;
    expect_error<DivergedError>([&] { backward(loss); }, {"infinity", "of 3"});
}

// Weight gradients are written straight into their memory by the kernels of the layer.
TEST(Watch, FindsAWeightGradientThatOverflows) {
    const Tensor x = Tensor::full({2, 3}, 1e30, Device::cpu());
    Tensor weight = Tensor::full({3, 1}, 1e-30, Device::cpu());
    weight.set_requires_grad(true);
    const Watch watch;
    const Tensor y = linear(x, weight, {});
    expect_error<DivergedError>([&] { backward(sum(affine(y, 1e20, 0))); },
                                {"gradient", "[linear]", "infinity", "3x1"});
}

TEST(Watch, ReportsTheFirstOfSeveral) {
    Tensor x = Tensor::zeros({1000}, Device::cpu());
    EXPECT_EQ(find_nonfinite(x), -1);
    for (const std::size_t place : {999u, 741u, 0u}) {
        put(x, place, place == 741 ? -std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN());
        EXPECT_EQ(find_nonfinite(x), static_cast<Index>(place));
    }
}

TEST(Watch, EndsWithItsScope) {
    {
        const Watch outer;
        { const Watch inner; }
        EXPECT_TRUE(watching());
    }
    EXPECT_FALSE(watching());
}

TEST(Scope, NestsAndCloses) {
    EXPECT_EQ(Scope::path(), "");
    {
        const Scope outer("encoder");
        const Scope inner("hidden");
        EXPECT_EQ(Scope::path(), "encoder.hidden");
    }
    EXPECT_EQ(Scope::path(), "");
}

}  // namespace
}  // namespace sinter::tests
