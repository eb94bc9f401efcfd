// What kernels move, counted access by access on the emulated device (kernels/emu/traffic.h): the bytes an element that
// docs/kernels.md gives for every operation, and those of whole training steps, beside the least they could be.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kernels/activation.h"
#include "kernels/augment.h"
#include "kernels/batch_norm.h"
#include "kernels/cuda/product/gemm_plan.h"
#include "kernels/elementwise.h"
#include "kernels/emu/traffic.h"
#include "kernels/gemm.h"
#include "kernels/likelihood.h"
#include "kernels/loss.h"
#include "kernels/optimizer.h"
#include "kernels/random.h"
#include "kernels/reduce.h"
#include "kernels/vae.h"
#include "tests/emu/device.h"
#include "tests/models/captured_steps.h"

namespace sinter::tests {
namespace {

struct Bytes {
    double moved = 0, least = 0;
};

Bytes total(const std::vector<emu::KernelTraffic>& launches) {
    Bytes sum;
    for (const emu::KernelTraffic& launch : launches) {
        EXPECT_GE(launch.moved, launch.least) << launch.kernel;
        sum.moved += static_cast<double>(launch.moved);
        sum.least += static_cast<double>(launch.least);
    }
    return sum;
}

class OperationsOnCUDA : public kernels::EmulatedDevice {
protected:
    /// Bytes that `call` moves for each of `elements`.
    Bytes per_element(Index elements, const std::function<void()>& call) {
        call();  // the first one allocates what it works in, and clears it
        emu::start_counting_traffic();
        call();
        const Bytes bytes = total(emu::stop_counting_traffic());
        return {bytes.moved / static_cast<double>(elements), bytes.least / static_cast<double>(elements)};
    }

    /// As many bytes an element as the table says, and at most 2 % for sums, counters and one number a column.
    static void expect_bytes(const Bytes& found, double moved, double least, const char* operation) {
        EXPECT_GE(found.moved, moved) << operation;
        EXPECT_LE(found.moved, 1.02 * moved) << operation;
        EXPECT_GE(found.least, least) << operation;
        EXPECT_LE(found.least, 1.02 * least) << operation;
    }

    /// Memory for any argument, all ones.
    float* array(int i) const { return ones_.data() + i * kCount; }

    static constexpr Index kCount = 1 << 17;

private:
    kernels::DeviceArray<float> ones_{queue, std::vector<float>(9 * kCount, 1.0f)};
};

const Activation kRelu{ActivationKind::relu};

TEST_F(OperationsOnCUDA, MoveTheBytesOfTheTable) {
    using namespace kernels;
    expect_bytes(per_element(kCount, [&] { add(queue, array(0), array(1), array(2), kCount); }), 12, 12, "add");
    expect_bytes(per_element(kCount, [&] { activation_backward(queue, array(0), array(1), array(2), kCount, kRelu); }),
                 12, 12, "activation backward");
    const MatrixShape shape{1024, 128};
    expect_bytes(
        per_element(
            kCount,
            [&] { bias_activation_backward(queue, array(0), array(1), array(2), array(3), shape, kRelu, false); }),
        12, 12, "activation and bias backward");
    expect_bytes(
        per_element(kCount, [&] { sigmoid_cross_entropy(queue, array(0), array(1), array(2), array(3), kCount, 1); }),
        12, 12, "sigmoid cross-entropy");
    expect_bytes(per_element(kCount, [&] { sum_all(queue, array(0), array(1), kCount, 1, false); }), 4, 4, "sum");
    const DeviceArray<std::uint64_t> step(queue, {1});
    const RandomAddress address{1, 2, step.data()};
    expect_bytes(per_element(kCount, [&] { dropout(queue, array(0), array(1), kCount, 0.3, address); }), 8, 8,
                 "dropout");
    // Colours read the image a second time, but from the nearest cache, into which its block has brought it.
    for (const auto pass : {AugmentPass::images, AugmentPass::transpose}) {
        expect_bytes(
            per_element(kCount,
                        [&] {
                            augment(queue, array(0), array(1), {32, 64, 64, 1}, {.colour = true}, pass, address);
                        }),
            8, 8, "augmentation");
    }
    expect_bytes(per_element(kCount, [&] { random_normal(queue, array(0), kCount, 0, 1, address); }), 4, 4, "normal");
    const LatentShape latent{128, 1024};
    expect_bytes(
        per_element(kCount,
                    [&] { reparameterise_kl_forward(queue, array(0), array(1), array(2), latent, 1, address); }),
        12, 12, "reparameterisation and KL");
    expect_bytes(
        per_element(
            kCount,
            [&] { reparameterise_kl_backward(queue, array(0), array(3), array(2), array(4), latent, 1, address); }),
        20, 20, "their backward");
    // The eight rows of a block share the heads or the targets of their image; a row writes one number.
    expect_bytes(per_element(kCount,
                             [&] {
                                 importance_samples(queue, array(0), array(1), array(2), {1, 128, 1024, 0}, address);
                             }),
                 5, 4, "importance samples");
    expect_bytes(per_element(kCount,
                             [&] {
                                 bernoulli_log_likelihood(queue, array(0), array(1), array(2), {128, 1024, 128});
                             }),
                 4.5, 4, "Bernoulli log-likelihood of rows");
    expect_bytes(per_element(kCount,
                             [&] {
                                 gaussian_log_likelihood(queue, array(0), array(1), array(2), {128, 1024, 128}, 0);
                             }),
                 4.5, 4, "Gaussian log-likelihood of rows");
    const DeviceArray<StepScalars<float>> scalars(queue, {{1e-3f, 1, 1, 1}});
    expect_bytes(per_element(kCount,
                             [&] {
                                 adam(queue, array(0), array(1), array(2), array(3), kCount, AdamOptions{},
                                      scalars.data(), static_cast<const float*>(nullptr));
                             }),
                 28, 28, "Adam");
}

TEST_F(OperationsOnCUDA, BatchNormReadsLongColumnsTwice) {
    using namespace kernels;
    const auto forward = [&](MatrixShape shape) {
        return per_element(kCount, [&] {
            batch_norm_forward(queue, array(0), array(1), array(2), array(3), array(4), array(5), array(6), array(7),
                               shape, {});
        });
    };
    const auto backward = [&](MatrixShape shape) {
        return per_element(kCount, [&] {
            batch_norm_backward(queue, array(0), array(1), array(2), array(3), array(4), array(5), array(6), array(7),
                                array(8), shape, kRelu, false);
        });
    };
    // 256 rows are registers; the seven numbers of each column are 1 to 2 % beside them.
    const Bytes short_forward = forward({256, 512}), short_backward = backward({256, 512});
    EXPECT_NEAR(short_forward.moved, 8, 0.2);
    EXPECT_NEAR(short_forward.least, 8, 0.2);
    EXPECT_NEAR(short_backward.moved, 12, 0.2);
    EXPECT_NEAR(short_backward.least, 12, 0.2);
    const Bytes long_forward = forward({4096, 32}), long_backward = backward({4096, 32});
    EXPECT_NEAR(long_forward.moved, 12, 0.3);
    EXPECT_NEAR(long_backward.moved, 20, 0.5);
}

// Tiles of 128x128 with the whole depth: a column of tiles reads A once, a row of them reads B once.
TEST_F(OperationsOnCUDA, ATiledProductReadsAnOperandForEveryTile) {
    using namespace kernels;
    constexpr Index kM = 256, kN = 384, kK = 320;
    const FixedPlan plan({TileSize::large, 1});
    const Bytes bytes = per_element(1, [&] { gemm(queue, array(0), array(2), array(4), {kM, kN, kK}, {}); });
    EXPECT_EQ(bytes.moved, 4.0 * (kM * kN + kM * kK * (kN / 128) + kK * kN * (kM / 128)));
    EXPECT_EQ(bytes.least, 4.0 * (kM * kN + kM * kK + kK * kN));
}

/// Prints what the launches of a step move, a line for each kernel, the largest first. Returns the sum.
Bytes print_step(const char* title, const std::vector<emu::KernelTraffic>& launches) {
    struct Row {
        int launches = 0;
        Bytes bytes;
    };
    std::map<std::string, Row> rows;
    for (const emu::KernelTraffic& launch : launches) {
        Row& row = rows[launch.kernel.substr(0, launch.kernel.find('<'))];
        ++row.launches;
        row.bytes.moved += static_cast<double>(launch.moved);
        row.bytes.least += static_cast<double>(launch.least);
    }
    std::vector<std::pair<std::string, Row>> sorted(rows.begin(), rows.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.second.bytes.moved > b.second.bytes.moved; });
    const Bytes sum = total(launches);
    sorted.emplace_back("all", Row{static_cast<int>(launches.size()), sum});
    std::printf("%s\n%-44s %8s %12s %12s %8s\n", title, "kernel", "launches", "MB moved", "MB least", "ratio");
    for (const auto& [kernel, row] : sorted) {
        std::printf("%-44s %8d %12.3f %12.3f %8.2f\n", kernel.c_str(), row.launches, row.bytes.moved * 1e-6,
                    row.bytes.least * 1e-6, row.bytes.moved / row.bytes.least);
    }
    return sum;
}

/// The launches of the second step of a run: the first one also makes what stays.
template <class Steps>
std::vector<emu::KernelTraffic> second_step(Steps& steps) {
    steps.step();
    emu::start_counting_traffic();
    steps.step();
    return emu::stop_counting_traffic();
}

// Twice the least when this was written, nearly all of it tiles that read operands again. Three times would mean that
// some kernel reads its data once more than it has to, or that products are cut much finer.
TEST(StepsOnCUDA, OfTheDenseVae) {
    VaeSteps run(make_digits(256, 1).train, 128, Device::cuda(), false);
    const Bytes bytes = print_step("one step of the dense VAE, batch 128", second_step(run));
    // Adam alone: seven numbers for each parameter.
    EXPECT_GE(bytes.least, 28.0 * 652824);
    EXPECT_LE(bytes.moved, 3 * bytes.least);
}

TEST(StepsOnCUDA, OfDcgan28) {
    GanSteps run({.size = 28}, {}, 4, Device::cuda(), false);
    const Bytes bytes = print_step("one step of DCGAN 28, batch 4, alternating", second_step(run));
    EXPECT_GE(bytes.least, 28.0 * (2305472 + 212865));
    EXPECT_LE(bytes.moved, 3 * bytes.least);
}

}  // namespace
}  // namespace sinter::tests
