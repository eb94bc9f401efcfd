// Whole training steps on a CUDA device (the emulated one where there is no other): against the CPU, recorded against
// launched, and what a recorded step consists of.
#ifdef SINTER_HAS_CUDA

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <limits>
#include <string>

#include "core/train/checkpoint.h"
#include "kernels/runtime/queue.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"
#include "tests/models/captured_steps.h"
#ifdef SINTER_CUDA_EMULATED
#include "kernels/emu/report.h"
#include "kernels/emu/schedule.h"
#endif

namespace sinter::tests {
namespace {

class TrainingOnCUDA : public testing::Test {
protected:
    void SetUp() override {
        std::string why_none;
        if (Device::cuda_devices(&why_none) == 0) GTEST_SKIP() << "no CUDA device: " << why_none;
    }
};

/// Both devices round alike but add in another order, u = 2^-24 a rounding. Losses: a value behind three products of a
/// depth up to k = 784 is off by about 3 sqrt(k) u = 84 u of its size, and a factor of 4 is left for what weights that
/// differ by as much add over the steps: 340 u = 2e-5. Parameters: Adam moves one by at most about the learning rate a
/// step, whatever its gradient g. The direction is left to rounding where g is nearly zero: it is 1 % off where an
/// error of sqrt(k) u, 2e-6 of the gradients' deviation s, is 1 % of g, that is for |g| < 2e-4 s, which are 2 * 2e-4 *
/// 0.4 of normally distributed gradients in a step, and up to 1/780 in eight: 1/500.
void expect_close(const Outcome& cuda, const Outcome& cpu, int steps, double learning_rate, double loss_bound = 2e-5) {
    EXPECT_EQ(cuda.held, 0);
    ASSERT_EQ(cuda.losses.size(), cpu.losses.size());
    for (std::size_t i = 0; i < cpu.losses.size(); ++i)
        EXPECT_NEAR(cuda.losses[i], cpu.losses[i], loss_bound * (std::abs(cpu.losses[i]) + 1)) << "loss " << i;
    ASSERT_EQ(cuda.parameters.size(), cpu.parameters.size());
    std::size_t far = 0;
    for (std::size_t i = 0; i < cpu.parameters.size(); ++i) {
        const double distance = std::abs(static_cast<double>(cuda.parameters[i]) - cpu.parameters[i]);
        ASSERT_LE(distance, 2 * 1.1 * steps * learning_rate) << "parameter " << i;
        far += distance > 1e-2 * learning_rate ? 1 : 0;
    }
    EXPECT_LE(far, cpu.parameters.size() / 500) << "parameters whose gradient is nearly zero are few";
}

void expect_same(const Outcome& a, const Outcome& b) {
    EXPECT_EQ(a.losses, b.losses);
    EXPECT_TRUE(same_bits(a.parameters, b.parameters));
}

const VaeOptions kSmallVae{.hidden = {64}, .latent = 8};

TEST_F(TrainingOnCUDA, VaeMatchesTheCpuAndItselfRecorded) {
    const ImageSet images = make_digits(6, 1).train;
    for (const VaeOptions& options :
         {kSmallVae, VaeOptions{.architecture = VaeArchitecture::conv, .latent = 2},
          VaeOptions{.architecture = VaeArchitecture::dcgan, .base_width = 2, .latent = 2}}) {
        constexpr int kSteps = 8;  // batches of 4 and 2 in turn: both sizes are launched twice, recorded, and replayed
        const Outcome cuda = VaeSteps(images, 4, Device::cuda(), true, options).after(kSteps);
        expect_close(cuda, VaeSteps(images, 4, Device::cpu(), true, options).after(kSteps), kSteps, 1e-3);
        expect_same(cuda, VaeSteps(images, 4, Device::cuda(), false, options).after(kSteps));
    }
}

TEST_F(TrainingOnCUDA, GansMatchTheCpuAndThemselvesRecorded) {
    struct Kind {
        GanOptions networks;
        GanTrainingOptions training;
        double loss_bound = 2e-5;
    };
    const Kind kinds[] = {
        {{.size = 28, .latent = 6, .base_width = 4}, {.simultaneous = true}},
        {{.size = 32, .channels = 3, .latent = 6, .base_width = 4},
         {.augmentation = {.colour = true, .translation = true, .cutout = true}}},
        // In whose loss a distance of the slopes counts ten times.
        {{.architecture = GanArchitecture::dense, .size = 10, .latent = 6, .base_width = 2, .classes = 3},
         {.loss = GanLoss::wasserstein, .n_critic = 2, .gradient_penalty = 10},
         2e-4}};
    for (const Kind& kind : kinds) {
        constexpr int kSteps = 8;  // with n_critic, four of either kind
        SCOPED_TRACE(name_of(kGanArchitectures, kind.networks.architecture) +
                     (" " + std::to_string(kind.networks.size)));
        const Outcome cuda = GanSteps(kind.networks, kind.training, 3, Device::cuda(), true).after(kSteps);
        expect_close(cuda, GanSteps(kind.networks, kind.training, 3, Device::cpu(), true).after(kSteps), kSteps, 2e-4,
                     kind.loss_bound);
        expect_same(cuda, GanSteps(kind.networks, kind.training, 3, Device::cuda(), false).after(kSteps));
    }
}

TEST_F(TrainingOnCUDA, BiGansMatchTheCpuAndThemselvesRecorded) {
    const BiGanOptions kinds[] = {{.size = 6, .latent = 6, .base_width = 2},
                                  {.architecture = BiGanArchitecture::conv,
                                   .encoder = BiGanEncoder::stochastic,
                                   .size = 28,
                                   .latent = 6,
                                   .base_width = 2}};
    for (const BiGanOptions& options : kinds) {
        constexpr int kSteps = 5;  // two are launched, one is recorded, and two replayed
        SCOPED_TRACE(name_of(kBiGanArchitectures, options.architecture));
        const Outcome cuda = BiGanSteps(options, 4, Device::cuda(), true).after(kSteps);
        expect_close(cuda, BiGanSteps(options, 4, Device::cpu(), true).after(kSteps), kSteps, 2e-4);
        expect_same(cuda, BiGanSteps(options, 4, Device::cuda(), false).after(kSteps));
    }
}

// With an even game so narrow that each player is held now and then, as the device finds while it replays the step. The
// layers are those of the GANs above.
TEST_F(TrainingOnCUDA, VaeGanMatchesTheCpuAndItselfRecorded) {
    constexpr int kSteps = 8;
    const VaeGanOptions options{
        .networks = {.architecture = GanArchitecture::dense, .size = 10, .latent = 6, .base_width = 2}};
    const VaeGanTrainingOptions how{.balance = {.equilibrium = 0.7015, .margin = 0.1415}};
    VaeGanSteps recorded(options, how, 3, Device::cuda(), true), on_cpu(options, how, 3, Device::cpu(), true);
    const Outcome cuda = recorded.after(kSteps);
    expect_close(cuda, on_cpu.after(kSteps), kSteps, 2e-3);
    expect_same(cuda, VaeGanSteps(options, how, 3, Device::cuda(), false).after(kSteps));
    for (Adam VaeGanRun::*player : {&VaeGanRun::generator, &VaeGanRun::discriminator}) {
        const std::int64_t steps = (recorded.run().*player).steps();
        EXPECT_EQ(steps, (on_cpu.run().*player).steps());
        EXPECT_GT(steps, 0);
        EXPECT_LT(steps, kSteps) << "it was held";
    }
}

TEST_F(TrainingOnCUDA, ClassifierMatchesTheCpuAndItselfRecorded) {
    constexpr int kSteps = 5;  // two are launched, one is recorded, and two replayed
    for (const ClassifierArchitecture architecture : {ClassifierArchitecture::small, ClassifierArchitecture::deep}) {
        SCOPED_TRACE(name_of(kClassifierArchitectures, architecture));
        // Deep networks halve the images three times. A norm over a few values would make much of the last digits.
        const Index side = architecture == ClassifierArchitecture::deep ? 24 : 12;
        const ClassifierOptions options{
            .architecture = architecture, .height = side, .width = side, .classes = 3, .base_width = 4, .features = 8};
        const std::vector<std::int32_t> labels{0, 2, 1, 1, 0, 2};
        const Outcome cuda = ClassifierSteps(options, labels, Device::cuda(), true).after(kSteps);
        expect_close(cuda, ClassifierSteps(options, labels, Device::cpu(), true).after(kSteps), kSteps, 1e-3);
        expect_same(cuda, ClassifierSteps(options, labels, Device::cuda(), false).after(kSteps));
    }
}

TEST_F(TrainingOnCUDA, CheckpointsMoveBetweenDevices) {
    const TemporaryFolder folder;
    const ImageSet images = make_digits(64, 1).train;
    for (const auto& [from, to] :
         {std::pair(Device::cuda(), Device::cpu()), std::pair(Device::cpu(), Device::cuda())}) {
        VaeSteps first(images, 32, from, true, kSmallVae), second(images, 32, to, true, kSmallVae);
        const Outcome saved = first.after(3);
        const auto path = folder.path() / "checkpoint.safetensors";
        const auto part = [](VaeSteps& steps) {
            return std::vector<CheckpointPart>{{"", &steps.training().vae, &steps.training().adam}};
        };
        save_checkpoint(path, part(first), {});
        load_checkpoint(path, part(second));
        EXPECT_TRUE(same_bits(second.training().parameters(), saved.parameters));
        EXPECT_EQ(second.training().adam.steps(), 3);
        for (std::size_t i = 0; i < first.training().adam.state().size(); ++i)
            EXPECT_TRUE(same_bits(second.training().adam.state()[i].values.to_floats(),
                                  first.training().adam.state()[i].values.to_floats()));
    }
}

TEST_F(TrainingOnCUDA, UpdatesAreHeldFromTheFirstInfiniteLossOn) {
    const ImageSet images = make_digits(32, 1).train;
    VaeSteps run(images, 32, Device::cuda(), true, kSmallVae);
    run.after(3);
    const Parameter weight = run.training().vae.parameters().front();
    std::vector<float> infinite = weight.tensor.to_floats();
    infinite.front() = std::numeric_limits<float>::infinity();
    Tensor(weight.tensor).assign(std::span<const float>(infinite));
    const std::vector<float> planted = run.training().parameters();
    EXPECT_EQ(run.after(2).held, 2);
    EXPECT_TRUE(same_bits(run.training().parameters(), planted));
}

// The first kind takes more memory than the second, whose result then takes some of it.
TEST_F(TrainingOnCUDA, RecordsKindsThatComeInAnyOrder) {
    CapturedStep captured(Device::cuda());
    const UpdateGuard guard(Device::cuda());
    Tensor counter = Tensor::zeros({1}, Device::cuda());
    const auto heavy = [&] {
        const Tensor one = Tensor::full({1}, 1, Device::cuda()), two = one + one, four = two + two;
        counter.assign(counter + one);
        return guard.collect({{"number", four + counter}});
    };
    const auto light = [&] { return guard.collect({{"number", Tensor::full({1}, -1, Device::cuda())}}); };
    double expected = 4;
    for (const char kind : std::string("hhlhhlhlllhh")) {
        const StepNumbers result = kind == 'h' ? captured.run({1, "heavy"}, heavy) : captured.run({1, "light"}, light);
        EXPECT_EQ(result.values.to_doubles().front(), kind == 'h' ? ++expected : -1) << kind;
    }
    EXPECT_GT(captured.counts({1, "heavy"}).kernels, captured.counts({1, "light"}).kernels);
    EXPECT_GT(captured.counts({1, "light"}).kernels, 0);
}

TEST_F(TrainingOnCUDA, RefusesWhatARecordingCannotRepeat) {
    CapturedStep captured(Device::cuda());
    Tensor number = Tensor::full({1}, 1, Device::cuda());
    const UpdateGuard guard(Device::cuda());
    const auto expect_refused = [&](Index images, const std::function<void()>& act, const char* what) {
        int runs = 0;
        const auto pass = [&] {
            if (++runs == 3) act();
            return guard.collect({{"number", number}});
        };
        captured.run({images}, pass);
        captured.run({images}, pass);
        expect_error<DeviceError>([&] { captured.run({images}, pass); }, {"[cuda]", what, "recorded as a graph"});
    };
    const float two = 2;
    expect_refused(
        1, [&] { number.item(); }, "the host read a result");
    expect_refused(
        2, [&] { number.assign(std::span<const float>(&two, 1)); }, "uploaded");
    expect_refused(
        3, [&] { Tensor::zeros({1 << 20}, Device::cuda()); }, "memory was allocated");
    EXPECT_EQ(number.item(), 1) << "the device goes on";
}

#ifdef SINTER_CUDA_EMULATED
TEST_F(TrainingOnCUDA, AKernelThatFailedEarlierIsAnErrorOfTheDevice) {
    VaeSteps run(make_digits(32, 1).train, 32, Device::cuda(), true, kSmallVae);
    run.step();
    emu::fail_at_next_wait("a kernel wrote past the end");
    expect_error<DeviceError>([&] { run.after(4); }, {"a kernel wrote past the end"});
}

/// Nothing is computed: what is launched does not depend on it.
class RecordedLaunchesOnCUDA : public TrainingOnCUDA {
protected:
    void SetUp() override { emu::set_schedule({emu::Schedule::none}); }
    void TearDown() override { emu::set_schedule({}); }
};

TEST_F(RecordedLaunchesOnCUDA, OfOneVaeStep) {
    VaeSteps run(make_digits(256, 1).train, 128, Device::cuda(), true);
    for (int i = 0; i < 4; ++i) run.step();
    const CapturedStep::Counts counts = run.counts(128);
    std::cout << "one step of the dense VAE: " << counts.kernels << " kernels, " << counts.copies << " copies\n";
    EXPECT_GT(counts.kernels, 10);
    EXPECT_LE(counts.kernels, 20);
    EXPECT_EQ(counts.copies, 0);
}

TEST_F(RecordedLaunchesOnCUDA, OfOneDcganStep) {
    for (const bool simultaneous : {false, true}) {
        GanSteps run({.size = 28}, {.simultaneous = simultaneous}, 128, Device::cuda(), true);
        for (int i = 0; i < 4; ++i) run.step();
        const CapturedStep::Counts counts = run.counts();
        std::cout << "one step of DCGAN 28, " << (simultaneous ? "simultaneous" : "alternating") << ": "
                  << counts.kernels << " kernels, " << counts.copies << " copies\n";
        EXPECT_GT(counts.kernels, 40);
        EXPECT_LE(counts.kernels, simultaneous ? 76 : 82);
    }
}
#endif

}  // namespace
}  // namespace sinter::tests

#endif
