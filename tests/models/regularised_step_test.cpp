// A step of a discriminator with everything that steadies adversarial training: spectral normalisation, batch norm, a
// gradient penalty and a moving average.
#include <gtest/gtest.h>

#include "core/nn/layers.h"
#include "core/ops/arithmetic.h"
#include "core/ops/embedding.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/optim/moving_average.h"
#include "core/optim/optimizer.h"
#include "core/tape.h"
#include "tests/common/allocation_counter.h"
#include "tests/models/digits_training.h"

namespace sinter::tests {
namespace {

/// Scores images of 8x8 pixels that carry a label.
struct Discriminator : Module {
    explicit Discriminator(Generator& generator) : labels(3, 4, generator) {
        const Padding one{1, 1};
        maps.add<Conv2d>("down", 2, 8, 4, generator, Conv2dOptions{.stride = 2, .padding = one, .spectral_norm = true});
        maps.add<BatchNorm>("norm", 8, generator, BatchNormLayerOptions{.activation = leaky_relu(0.2)});
        maps.add<UpsampleNearest2d>("up", 2);
        maps.add<AveragePool2d>("smaller", PoolOptions{.kernel = 4});
        maps.add<Conv2d>("mix", 8, 4, 1, generator, Conv2dOptions{.activation = tanh(), .spectral_norm = true});
        maps.add<GlobalAveragePool2d>("average");
        add_module("maps", maps);
        add_module("labels", labels);
    }
    /// The projection of an image's features on its label: [batch]
    Tensor score(const Tensor& images, const Buffer<std::int32_t>& of) {
        return sum(maps.forward(images) * labels.forward(of), {1});
    }
    Sequential maps;
    Embedding labels;
};

struct Steps {
    Steps() : images(init::normal(0, 1).make({6, 8, 8, 2}, {}, generator)) { images.set_requires_grad(true); }

    void step() {
        const Tensor scores = discriminator.score(images, labels);
        const Tensor dx = gradient(sum(scores), images, true);
        const Tensor excess = affine(row_norms(reshape(dx, {6, 128})), 1, -1);
        const Tensor second_pass = discriminator.score(images, labels);
        const Tensor loss = mean(scores) - mean(second_pass * second_pass) + 10 * mean(excess * excess);
        adam.clear_gradients();
        images.clear_grad();
        backward(loss);
        adam.step(1e-3);
        moving.update(0.9);
    }

    Generator generator{1, Device::cpu()};
    Discriminator discriminator{generator}, average{generator};
    Adam adam{discriminator};
    MovingAverage moving{average, discriminator, adam.arena()};
    Tensor images;
    Buffer<std::int32_t> labels{std::vector<std::int32_t>{0, 2, 1, 1, 0, 0}, Device::cpu()};
};

TEST(RegularisedStep, AllocatesNothingAfterTheFirst) {
    Steps run;
    run.step();
    run.step();
    const std::int64_t before = allocations();
    run.step();
    EXPECT_EQ(allocations() - before, 0);
}

TEST(RegularisedStep, GivesTheSameBitsForAnyNumberOfThreads) {
    const int threads_before = cpu_threads();
    std::vector<std::vector<float>> results;
    for (const int threads : {1, 3}) {
        set_cpu_threads(threads);
        Steps run;
        for (int step = 0; step < 5; ++step) run.step();
        std::vector<float>& all = results.emplace_back();
        for (const Parameter& p : run.average.state()) {
            const std::vector<float> values = p.tensor.to_floats();
            all.insert(all.end(), values.begin(), values.end());
        }
    }
    set_cpu_threads(threads_before);
    EXPECT_TRUE(same_bits(results[0], results[1]));
}

}  // namespace
}  // namespace sinter::tests
