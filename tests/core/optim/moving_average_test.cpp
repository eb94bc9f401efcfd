// The moving average of a model: what it starts as, how it moves, and what it keeps still.
#include "core/optim/moving_average.h"

#include <gtest/gtest.h>

#include "core/nn/layers.h"
#include "core/ops/reduce.h"
#include "core/optim/optimizer.h"
#include "core/tape.h"
#include "core/train/checkpoint.h"
#include "tests/common/allocation_counter.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"

namespace sinter::tests {
namespace {

using tests::expect_usage_error;

/// A network with parameters and with buffers that training moves.
struct Network : Module {
    explicit Network(std::uint64_t seed, Index width = 5) : generator(seed, Device::cpu()) {
        layers.add<Linear>("linear", 3, width, generator);
        layers.add<BatchNorm>("norm", width, generator, BatchNormLayerOptions{.activation = tanh()});
        add_module("layers", layers);
    }
    void train_step(Optimizer& optimizer) {
        optimizer.clear_gradients();
        backward(mean(layers.forward(init::normal(0, 1).make({8, 3}, {}, generator))));
        optimizer.step(1e-2);
    }
    Generator generator;
    Sequential layers;
};

std::vector<std::vector<float>> values(const std::vector<Parameter>& tensors) {
    std::vector<std::vector<float>> all;
    for (const Parameter& p : tensors) all.push_back(p.tensor.to_floats());
    return all;
}

TEST(MovingAverage, StartsAsAnExactFrozenCopy) {
    Network network(1), average(2);
    Adam adam(network);
    network.train_step(adam);
    ASSERT_NE(values(average.state()), values(network.state()));
    const MovingAverage moving(average, network, adam.arena());
    EXPECT_EQ(values(average.state()), values(network.state()));
    for (const Parameter& p : average.parameters()) EXPECT_FALSE(p.tensor.requires_grad()) << p.name;
    for (const Parameter& p : network.parameters()) EXPECT_TRUE(p.tensor.requires_grad()) << p.name;
}

TEST(MovingAverage, MovesParametersByTheDecayAndCopiesBuffers) {
    Network network(1), average(2);
    Adam adam(network);
    MovingAverage moving(average, network, adam.arena());
    std::vector<std::vector<float>> expected = values(network.parameters());
    for (int step = 0; step < 3; ++step) {
        network.train_step(adam);
        moving.update(0.9);
        const auto now = values(network.parameters());
        for (std::size_t i = 0; i < now.size(); ++i) {
            for (std::size_t j = 0; j < now[i].size(); ++j) {
                expected[i][j] = static_cast<float>(0.9 * expected[i][j] + 0.1 * now[i][j]);
            }
        }
    }
    const std::vector<Parameter> parameters = average.parameters();
    const auto actual = values(parameters);
    for (std::size_t i = 0; i < actual.size(); ++i) {
        for (std::size_t j = 0; j < actual[i].size(); ++j) {
            // Values below 2, whose float has steps of up to 1.2e-7; three updates round a few times each.
            EXPECT_NEAR(actual[i][j], expected[i][j], 1e-6) << parameters[i].name << " at " << j;
        }
    }
    EXPECT_NE(actual, values(network.parameters()));
    const auto state = values(network.state()), average_state = values(average.state());
    for (std::size_t i = actual.size(); i < state.size(); ++i) EXPECT_EQ(average_state[i], state[i]) << "buffer " << i;
}

TEST(MovingAverage, OfDecayOneStandsStill) {
    Network network(1), average(2);
    Adam adam(network);
    MovingAverage moving(average, network, adam.arena());
    const auto before = values(average.parameters());
    network.train_step(adam);
    moving.update(1);
    EXPECT_EQ(values(average.parameters()), before);
    expect_usage_error([&] { moving.update(1.5); }, {"[moving_average]", "[0, 1]", "1.5"});
    expect_usage_error([&] { moving.update(-0.1); }, {"[moving_average]", "-0.1"});
}

TEST(MovingAverage, AllocatesNothing) {
    Network network(1), average(2);
    const Adam adam(network);
    MovingAverage moving(average, network, adam.arena());
    moving.update(0.999);
    const std::int64_t before = allocations();
    moving.update(0.999);
    EXPECT_EQ(allocations() - before, 0);
}

TEST(MovingAverage, StandsInACheckpointUnderTheNamesOfItsSource) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "average.safetensors";
    Network network(1), average(2), restored(3), restored_average(4);
    Adam adam(network);
    MovingAverage moving(average, network, adam.arena());
    network.train_step(adam);
    moving.update(0.5);
    save_checkpoint(path, std::vector<CheckpointPart>{{"", &network}, {"average.", &average}}, {});
    load_checkpoint(path, std::vector<CheckpointPart>{{"", &restored}, {"average.", &restored_average}});
    EXPECT_EQ(values(restored.state()), values(network.state()));
    EXPECT_EQ(values(restored_average.state()), values(average.state()));
}

TEST(MovingAverage, RefusesModulesThatDiffer) {
    Network network(1), wider(2, 6);
    const Adam adam(network), adam_of_wider(wider);
    const ParameterArena& arena = adam.arena();
    Linear other(3, 5, network.generator);
    expect_usage_error([&] { MovingAverage(wider, network, arena); },
                       {"[moving_average]", "layers.linear.weight (3x6 on cpu)", "layers.linear.weight (3x5 on cpu)"});
    expect_usage_error([&] { MovingAverage(other, network, arena); }, {"[moving_average]", "got 2 and 6 tensors"});
    expect_usage_error([&] { MovingAverage(network, network, arena); }, {"[moving_average]", "own average"});
    Network average(3);
    expect_usage_error([&] { MovingAverage(average, network, adam_of_wider.arena()); },
                       {"[moving_average]", "layers.linear.weight (3x5 on cpu)", "layers.linear.weight (3x6 on cpu)"});
}

}  // namespace
}  // namespace sinter::tests
