// mnist_vae on a CUDA device, the emulated one where there is no other.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/device.h"
#include "tests/common/environment.h"
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
    {
        // The other extreme of an emulated device: its streams are never behind the host.
        const tests::ScopedEnvironment prompt("SINTER_EMU_STREAMS", "prompt");
        train_on_cuda(path("prompt"), {"--epochs", "4"});
        EXPECT_TRUE(have_same_arrays(path("prompt"), path("reference")));
    }
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

TEST_F(VaeProgramOnCUDA, EveryLaunchOfAReplayedStepHasALayersName) {
    const Outcome outcome = train_on_cuda(path("run"), {"--profile-steps", "4:6", "--trace", path("trace.json")});
    for (const char* part :
         {"means of 2 steps", "write_words", "encoder.hidden", "decoder.logits", "optimizer", "read_back",
          "lead of the host", "tiled_product_kernel", Device::cuda_is_emulated() ? "\nroof: none" : "\nroof: "})
        EXPECT_NE(outcome.out.find(part), std::string::npos) << part << " is not in\n" << outcome.out;
    EXPECT_EQ(outcome.out.find("outside of phases"), std::string::npos) << outcome.out;
    std::ifstream file(path("trace.json"));
    int launches = 0, of_layers = 0;
    const nlohmann::json trace = nlohmann::json::parse(file);
    for (const auto& event : trace["traceEvents"]) {
        if (event["ph"] != "X" || event["tid"] != 3) continue;
        ++launches;
        of_layers += event["args"].contains("layer");
    }
    EXPECT_EQ(launches, 2 * 22) << "two replays of the recorded 20, and what goes before and after them";
    EXPECT_EQ(of_layers, launches);
}

TEST_F(VaeProgramOnCUDA, AProfileOfLaunchedStepsHasTheSameRows) {
    const Arguments profile = {"--profile-steps", "4:6"};
    // Phases, layers, kernels and the launches of each. In a launched step, uploads go with the batch's first kernel.
    const auto names = [&](const std::string& table) {
        std::string rows;
        const std::size_t begin = table.find("\nforward");
        std::istringstream lines(table.substr(begin, table.find("between kernels") - begin));
        for (std::string line; std::getline(lines, line);) rows += line.substr(0, 68) + "\n";
        return rows;
    };
    Arguments launched = profile;
    launched.push_back("--no-capture");
    EXPECT_EQ(names(train_on_cuda(path("recorded"), profile).out),
              names(train_on_cuda(path("launched"), launched).out));
}

TEST_F(VaeProgramOnCUDA, AProfileMayBeginWhereARunGoesOn) {
    train_on_cuda(path("run"), {"--epochs", "1"});
    const int done = metrics(path("run")).back()["step"];
    const std::string steps = std::to_string(done) + ":" + std::to_string(done + 2);
    const std::string table = go_on(path("run"), {"--device", "cuda", "--epochs", "2", "--profile-steps", steps}).out;
    EXPECT_NE(table.find("means of 2 steps"), std::string::npos) << table;
    EXPECT_NE(table.find("read_back                           1 "), std::string::npos) << "one a step, in\n" << table;
}

}  // namespace
}  // namespace sinter
