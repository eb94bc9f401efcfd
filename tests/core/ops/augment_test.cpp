// Augmentation as an op: its draws, and penalties on gradients that go through it.
#include "core/ops/augment.h"

#include <gtest/gtest.h>

#include "core/ops/arithmetic.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/tape.h"

namespace sinter {
namespace {

constexpr Augmentation kAll{true, true, true};
const Shape kShape{3, 16, 16, 3};

Tensor images() {
    Generator numbers(5, Device::cpu());
    return random_uniform(kShape, -1, 1, numbers);
}

TEST(AugmentOp, TakesOneDrawACallUnlessThereIsNothingToDo) {
    const Tensor x = images();
    Generator generator(1, Device::cpu());
    generator.start_step(2);
    EXPECT_TRUE(augment(x, {}, generator).same(x));
    const std::vector<float> real = augment(x, kAll, generator).to_floats();
    const std::vector<float> fake = augment(x, kAll, generator).to_floats();
    EXPECT_NE(real, fake) << "real images and fakes are augmented differently";
    generator.start_step(2);
    EXPECT_EQ(augment(x, kAll, generator).to_floats(), real);
    EXPECT_EQ(augment(x, kAll, generator).to_floats(), fake);
    generator.start_step(3);
    EXPECT_NE(augment(x, kAll, generator).to_floats(), real);
}

/// The penalty |d/dx sum(w (A x + b)^3)|^2 and its gradient by x, against differences.
TEST(AugmentOp, PenaltiesOnGradientsGoThroughIt) {
    Generator generator(1, Device::reference());
    const Tensor start = Tensor::from(std::span<const float>(images().to_floats()), kShape, Device::reference());
    const auto penalty_at = [&](const Tensor& x) {
        generator.start_step(2);
        const Tensor y = augment(x, kAll, generator);
        const Tensor slope = gradient(sum(y * y * y), x, /*create_graph=*/true);
        return sum(slope * slope);
    };
    Tensor x = start.detach();
    x.set_requires_grad(true);
    const std::vector<double> analytic = gradient(penalty_at(x), x).to_doubles();
    std::vector<double> at = start.to_doubles();
    for (const std::size_t i : {0u, 400u, 1111u, 2000u}) {
        const double value = at[i], step = 1e-5;
        double penalties[2];
        for (const int side : {0, 1}) {
            at[i] = value + (side == 0 ? -step : step);
            Tensor moved = Tensor::from(std::span<const double>(at), kShape, Device::reference());
            moved.set_requires_grad(true);
            penalties[side] = penalty_at(moved).item();
        }
        at[i] = value;
        EXPECT_NEAR(analytic[i], (penalties[1] - penalties[0]) / (2 * step), 1e-5 * (1 + std::abs(analytic[i]))) << i;
    }
}

}  // namespace
}  // namespace sinter
