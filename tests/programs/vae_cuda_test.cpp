// mnist_vae on a CUDA device, the emulated one where there is no other.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/device.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

class VaeProgramOnCUDA : public VaeProgram {
protected:
    void SetUp() override {
        std::string why_none;
        if (Device::cuda_devices(&why_none) == 0) GTEST_SKIP() << "no CUDA device: " << why_none;
    }
    Outcome train_on_cuda(const std::string& out, Arguments more = {}) const {
        more.insert(more.end(), {"--device", "cuda"});
        return train(out, more);
    }
    Outcome go_on(const std::string& out, const Arguments& more) const {
        return succeed(with_defaults({"--resume", "--out", out}, {}, more));
    }
};

TEST_F(VaeProgramOnCUDA, RecordedStepsResumedStepsAndLaunchedStepsGiveTheSameBits) {
    const Outcome outcome = train_on_cuda(path("reference"), {"--epochs", "4"});
    EXPECT_NE(outcome.err.find("on cuda:0 ("), std::string::npos) << outcome.err;
    train_on_cuda(path("launched"), {"--epochs", "4", "--no-capture"});
    EXPECT_TRUE(have_same_arrays(path("launched"), path("reference")));
    train_on_cuda(path("run"), {"--epochs", "2"});
    go_on(path("run"), {"--epochs", "4"});
    expect_same_run(path("run"), path("reference"));
}

TEST_F(VaeProgramOnCUDA, FindsWhatTheCpuFinds) {
    train_on_cuda(path("cuda"));
    train(path("cpu"), {"--device", "cpu"});
    const auto cuda = metrics(path("cuda")), cpu = metrics(path("cpu"));
    ASSERT_EQ(cuda.size(), cpu.size());
    for (std::size_t i = 0; i < cpu.size(); ++i) {
        for (const char* number : {"loss", "recon", "kl"}) {
            const double expected = cpu[i][number].get<double>();
            EXPECT_NEAR(cuda[i][number].get<double>(), expected, 1e-4 * expected) << number << " in line " << i;
        }
    }
}

TEST_F(VaeProgramOnCUDA, RunsMoveBetweenDevices) {
    train_on_cuda(path("run"), {"--epochs", "1"});
    go_on(path("run"), {"--epochs", "2", "--device", "cpu"});
    go_on(path("run"), {"--epochs", "3", "--device", "cuda"});
    EXPECT_EQ(metrics(path("run")).size(), 6u);
}

TEST_F(VaeProgramOnCUDA, DivergenceNamesTheStepAndTheOp) {
    const Outcome outcome = vae(training(path("run"), {"--device", "cuda", "--lr", "1e30", "--epochs", "3"}));
    const Outcome on_cpu = vae(training(path("cpu"), {"--device", "cpu", "--lr", "1e30", "--epochs", "3"}));
    expect_refusal(outcome, 5, {"diverged at step 2 (epoch 1)"});
    EXPECT_EQ(outcome.err.substr(outcome.err.find("diverged at step")),
              on_cpu.err.substr(on_cpu.err.find("diverged at step")));
}

TEST_F(VaeProgramOnCUDA, ProfiledStepsAreLaunchedOneByOne) {
    const Outcome outcome = train_on_cuda(path("run"), {"--profile-steps", "4:6"});
    for (const char* phase : {"batch", "forward", "backward", "optimizer"})
        EXPECT_NE(outcome.out.find(phase), std::string::npos) << outcome.out;
}

}  // namespace
}  // namespace sinter
