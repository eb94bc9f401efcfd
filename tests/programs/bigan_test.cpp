// bigan from start to end: what a run writes, that an interrupted one ends with the same bits, and what is refused.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "tests/programs/bigan_program.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

TEST_F(BiGanProgram, WritesARunFolder) {
    const std::string out = path("run");
    const Outcome outcome = train(out, {"--grid", "4", "--keep-best", "reconstruction_ratio"});
    EXPECT_NE(outcome.err.find("untrained: reconstruction error"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.out.find("after 2 epochs"), std::string::npos) << outcome.out;
    const std::string config = read_text(out + "/config.toml");
    for (const char* line :
         {"arch = \"mlp\"\n", "encoder = \"deterministic\"\n", "size = 28\n", "lr = 0.0002\n", "lr-g = 0.0002\n",
          "beta1 = 0.5\n", "weight-decay = 2.5e-05\n", "lr-schedule = \"exponential\"\n"})
        EXPECT_NE(config.find(line), std::string::npos) << line << "is not in\n" << config;
    std::vector<nlohmann::ordered_json> lines = metrics(out);
    std::erase_if(lines, [](const auto& line) { return line.contains("event"); });
    ASSERT_EQ(lines.size(), 4u);
    for (std::size_t i = 0; i < lines.size(); i += 2) {
        const auto &trained = lines[i], &tested = lines[i + 1];
        EXPECT_EQ(trained["split"], "train");
        EXPECT_EQ(tested["split"], "test");
        // Networks that know nothing of each other: ln 2.
        for (const char* name : {"loss_d", "loss_g"}) EXPECT_NEAR(trained[name], 0.693, 0.3) << name;
        const double error = tested["reconstruction"], control = tested["reconstruction_control"];
        EXPECT_GT(error, 1);
        EXPECT_DOUBLE_EQ(tested["reconstruction_ratio"], error / control);
    }
    for (const char* epoch : {"epoch-000", "epoch-001", "epoch-002"}) {
        const std::string png = std::string("/") + epoch + ".png";
        EXPECT_EQ(png_size(out + "/samples" + png), std::pair(side(4, 56), side(4, 56)));
        // 40 test images, and as many below them.
        EXPECT_EQ(png_size(out + "/reconstructions" + png), std::pair(side(10, 56), side(8, 56)));
    }
    EXPECT_NE(read_text(out + "/samples/epoch-000.png"), read_text(out + "/samples/epoch-002.png"));
    EXPECT_TRUE(std::filesystem::exists(out + "/checkpoints/best.safetensors"));
}

TEST_F(BiGanProgram, InterruptedWithinAnEpochGoesOnWithTheSameBits) {
    // Everything that has a state: batch normalisation, dropout, the samples of the encoder; nothing is saved before
    // the signal.
    const auto arguments = [&](const std::string& out) {
        return training(out, {"--arch", "conv", "--size", "28", "--encoder", "stochastic", "--batch-size", "2",
                              "--epochs", "3", "--save-every", "0"});
    };
    succeed(arguments(path("reference")));
    Process process(command(arguments(path("run"))), in_private());
    ASSERT_TRUE(process.wait_until_it_says("first step"));
    process.send(SIGINT);
    expect_refusal(process.wait(), 130, {"interrupted at step", "Go on with: bigan --resume --out " + path("run")});
    EXPECT_NE(succeed({"--resume", "--out", path("run")}).err.find("resuming at step"), std::string::npos);
    expect_same_run(path("run"), path("reference"));
    for (const char* picture : {"samples/epoch-003.png", "reconstructions/epoch-003.png"})
        EXPECT_EQ(read_text(path("run") + "/" + picture), read_text(path("reference") + "/" + picture)) << picture;
}

TEST_F(BiGanProgram, RefusesWhatDoesNotFit) {
    const auto expect_refused = [&](const Arguments& wrong, std::initializer_list<std::string> parts) {
        SCOPED_TRACE(testing::PrintToString(wrong));
        expect_refusal(start(training(path("refused"), wrong)), 2, parts);
        EXPECT_FALSE(std::filesystem::exists(path("refused")));
    };
    expect_refused({"--batch-size", "1"}, {"--batch-size 1", "at least two"});
    expect_refused({"--arch", "conv", "--size", "30"}, {"28", "got 30"});
    expect_refused({"--encoder", "none"}, {"--encoder", "deterministic", "stochastic", "'none'"});
    expect_refused({"--keep-best", "loss"}, {"--keep-best loss", "reconstruction_ratio"});
    train(path("run"), {"--epochs", "1"});
    expect_refusal(start({"--resume", "--out", path("run"), "--encoder", "stochastic"}), 2,
                   {"model.encoder", "'deterministic'", "'stochastic'"});
}

}  // namespace
}  // namespace sinter
