// Sums over axes where there is nothing to sum.
#include "core/ops/reduce.h"

#include <gtest/gtest.h>

#include "core/tape.h"

namespace sinter::tests {
namespace {

TEST(Sum, OverNothingIsZero) {
    for (const Device device : {Device::cpu(), Device::reference()}) {
        const Tensor tall = Tensor::zeros({3, 0}, device), wide = Tensor::zeros({0, 3}, device);
        EXPECT_EQ(sum(tall, {1}).to_floats(), std::vector<float>(3, 0.0f));
        EXPECT_EQ(sum(wide, {0}).to_floats(), std::vector<float>(3, 0.0f));
        EXPECT_EQ(sum(Tensor::zeros({2, 0, 3}, device), {0, 1}).to_floats(), std::vector<float>(3, 0.0f));
        EXPECT_EQ(sum(tall, {0}).shape(), Shape{0});
    }
}

TEST(Sum, OverNothingHasAGradientOfNothing) {
    Tensor x = Tensor::zeros({3, 0}, Device::cpu());
    x.set_requires_grad(true);
    EXPECT_EQ(gradient(sum(sum(x, {1})), x).shape(), (Shape{3, 0}));
}

}  // namespace
}  // namespace sinter::tests
