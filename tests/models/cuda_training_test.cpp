// Whole training steps on a CUDA device (the emulated one where there is no other): against the CPU, recorded against
// launched, and what a recorded step consists of.
#ifdef SINTER_HAS_CUDA

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <limits>
#include <string>

#include "core/train/captured_step.h"
#include "core/train/checkpoint.h"
#include "core/train/readings.h"
#include "kernels/queue.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"
#include "tests/models/digits_training.h"
#include "tests/models/gan_networks.h"
#ifdef SINTER_CUDA_EMULATED
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

struct Outcome {
    std::vector<double> losses;
    std::vector<float> parameters;
    int held = 0;  ///< steps whose updates were held
};

/// The parts of a VAE's step as programs take them.
class VaeSteps {
public:
    VaeSteps(const ImageSet& images, Index batch, Device device, bool capture, const VaeOptions& options = {})
        : training_(images, batch, 3, options, device),
          guard_(device),
          captured_(device, capture),
          readings_(device, 4) {}

    void step() {
        StepPlace place{.step = training_.adam.steps() + 1, .position = training_.loader.position()};
        place.images = training_.loader.advance();
        if (place.images == 0) {
            training_.loader.start_epoch(++training_.epoch);
            place.images = training_.loader.advance();
        }
        training_.noise.start_step(static_cast<std::uint64_t>(place.step));
        training_.adam.prepare(1e-3);
        const Tensor numbers = captured_.run(static_cast<std::uint64_t>(place.images), [&] {
            training_.loader.gather(training_.batch);
            const Vae::Losses losses = training_.vae.losses(training_.batch, training_.noise);
            const Tensor gathered = guard_.gather({losses.total, losses.reconstruction, losses.kl}, 1);
            training_.adam.clear_gradients();
            backward(losses.total);
            training_.adam.apply(0, &guard_);
            return gathered;
        });
        readings_.push(place, numbers, [&](const Reading& reading) { take(reading); });
    }

    Outcome after(int steps) {
        for (int i = 0; i < steps; ++i) step();
        readings_.flush([&](const Reading& reading) { take(reading); });
        return {losses_, training_.parameters(), held_};
    }

    Training& training() { return training_; }
    CapturedStep::Counts counts(Index batch) const { return captured_.counts(static_cast<std::uint64_t>(batch)); }

private:
    void take(const Reading& reading) {
        EXPECT_EQ(reading.place.step, static_cast<std::int64_t>(losses_.size()) + 1) << "in the order of the steps";
        held_ += reading.values.back() == 0 ? 1 : 0;
        losses_.push_back(reading.values.front());
    }

    Training training_;
    UpdateGuard guard_;
    CapturedStep captured_;
    Readings readings_;
    std::vector<double> losses_;
    int held_ = 0;
};

/// The same for a GAN.
class GanSteps {
public:
    GanSteps(const GanOptions& options, const GanTrainingOptions& how, Index batch, Device device, bool capture)
        : run_(options, how, {.beta1 = 0.5}, 1, device),
          batch_(batch),
          captured_(device, capture),
          readings_(device, 5) {}

    void step() {
        const GanOptions& options = run_.gan.options();
        const std::int64_t number = run_.discriminator.steps() + 1;
        run_.noise.start_step(static_cast<std::uint64_t>(number));
        run_.images.start_step(static_cast<std::uint64_t>(number));
        run_.training.prepare({2e-4, 2e-4});
        const Tensor numbers = captured_.run(run_.training.generator_learns() ? 1 : 0, [&] {
            const GanTraining::Losses losses = run_.training.pass(
                random_uniform({batch_, options.size, options.size, options.channels}, -1, 1, run_.images), labels_);
            return run_.training.guard().gather({losses.loss_d, losses.loss_g, losses.d_real, losses.d_fake}, 0);
        });
        readings_.push({number, 0, batch_}, numbers, [&](const Reading& reading) { take(reading); });
    }

    Outcome after(int steps) {
        for (int i = 0; i < steps; ++i) step();
        readings_.flush([&](const Reading& reading) { take(reading); });
        Outcome outcome{losses_, run_.generator.arena().values().to_floats()};
        const std::vector<float> critic = run_.discriminator.arena().values().to_floats();
        outcome.parameters.insert(outcome.parameters.end(), critic.begin(), critic.end());
        return outcome;
    }

    CapturedStep::Counts counts() const { return captured_.counts(1); }

private:
    void take(const Reading& reading) {
        losses_.push_back(reading.values[0]);
        if (!std::isnan(reading.values[1])) losses_.push_back(reading.values[1]);
    }

    GanRun run_;
    Index batch_;
    Buffer<std::int32_t> labels_ = run_.labels(batch_);
    CapturedStep captured_;
    Readings readings_;
    std::vector<double> losses_;
};

/// Losses are means over a batch of sums of some hundred terms near 1: both devices round each term, and add in another
/// order. A parameter moves by at most about the learning rate a step, whatever its gradient: where that is nearly
/// zero, its sign, and with it the direction, is left to rounding.
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
    const ImageSet images = make_digits(26, 1).train;
    for (const VaeOptions& options : {kSmallVae, VaeOptions{.architecture = VaeArchitecture::conv, .latent = 2}}) {
        constexpr int kSteps = 16;  // batches of 8, 8, 8, 2: both sizes are launched twice, recorded, and replayed
        const Outcome cuda = VaeSteps(images, 8, Device::cuda(), true, options).after(kSteps);
        expect_close(cuda, VaeSteps(images, 8, Device::cpu(), true, options).after(kSteps), kSteps, 1e-3);
        expect_same(cuda, VaeSteps(images, 8, Device::cuda(), false, options).after(kSteps));
    }
}

TEST_F(TrainingOnCUDA, GansMatchTheCpuAndThemselvesRecorded) {
    struct Kind {
        GanOptions networks;
        GanTrainingOptions training;
        double loss_bound = 2e-5;
    };
    const Kind kinds[] = {{{.size = 28, .latent = 6, .base_width = 4}, {.simultaneous = true}},
                          {{.size = 32, .channels = 3, .latent = 6, .base_width = 4}, {}},
                          // In whose loss a distance of the slopes counts ten times.
                          {{.arch = "dense", .size = 10, .latent = 6, .base_width = 2, .classes = 3},
                           {.loss = GanLoss::wasserstein, .n_critic = 2, .gradient_penalty = 10},
                           2e-4}};
    for (const Kind& kind : kinds) {
        constexpr int kSteps = 8;  // with n_critic, four of either kind
        SCOPED_TRACE(kind.networks.arch + " " + std::to_string(kind.networks.size));
        const Outcome cuda = GanSteps(kind.networks, kind.training, 3, Device::cuda(), true).after(kSteps);
        expect_close(cuda, GanSteps(kind.networks, kind.training, 3, Device::cpu(), true).after(kSteps), kSteps, 2e-4,
                     kind.loss_bound);
        expect_same(cuda, GanSteps(kind.networks, kind.training, 3, Device::cuda(), false).after(kSteps));
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
    Tensor counter = Tensor::zeros({1}, Device::cuda());
    const auto heavy = [&] {
        const Tensor one = Tensor::full({1}, 1, Device::cuda()), two = one + one, four = two + two;
        counter.assign(counter + one);
        return four + counter;
    };
    const auto light = [&] { return Tensor::full({1}, -1, Device::cuda()); };
    double expected = 4;
    for (const char kind : std::string("hhlhhlhlllhh")) {
        const Tensor result = kind == 'h' ? captured.run(1, heavy) : captured.run(2, light);
        EXPECT_EQ(result.item(), kind == 'h' ? ++expected : -1) << kind;
    }
    EXPECT_GT(captured.counts(1).kernels, captured.counts(2).kernels);
    EXPECT_GT(captured.counts(2).kernels, 0);
}

TEST_F(TrainingOnCUDA, RefusesWhatARecordingCannotRepeat) {
    CapturedStep captured(Device::cuda());
    Tensor number = Tensor::full({1}, 1, Device::cuda());
    const auto expect_refused = [&](std::uint64_t kind, const std::function<void()>& act, const char* what) {
        int runs = 0;
        const auto pass = [&] {
            if (++runs == 3) act();
            return number;
        };
        captured.run(kind, pass);
        captured.run(kind, pass);
        expect_error<DeviceError>([&] { captured.run(kind, pass); }, {"[cuda]", what, "recorded as a graph"});
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
        EXPECT_LE(counts.kernels, 90);
    }
}
#endif

}  // namespace
}  // namespace sinter::tests

#endif
