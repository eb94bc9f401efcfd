// The warnings of the programs while they train: what is told in runs that go wrong, and that healthy ones hear
// nothing.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/programs/dcgan_program.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

/// The events that a run has told of.
std::vector<std::string> events(const std::string& run) {
    std::vector<std::string> found;
    for (const auto& line : metrics(run))
        if (line.contains("event")) found.push_back(line["event"]);
    return found;
}

TEST_F(VaeProgram, TellsOfACollapsedPosteriorAcrossAResumption) {
    const Arguments collapsing = {"--beta", "1000", "--lr", "0.01"};
    const Outcome outcome = train(path("reference"), with_defaults({"--epochs", "30"}, {}, collapsing));
    EXPECT_EQ(events(path("reference")), std::vector<std::string>{"posterior_collapsed"}) << outcome.err;
    EXPECT_NE(outcome.err.find("the posterior has collapsed"), std::string::npos);
    EXPECT_NE(outcome.err.find("try a lower --beta, --kl-warmup"), std::string::npos);
    int told = 0;
    for (const auto& line : metrics(path("reference")))
        if (line.contains("event")) told = line["epoch"];
    train(path("run"), with_defaults({"--epochs", std::to_string(told - 1)}, {}, collapsing));
    EXPECT_EQ(events(path("run")), std::vector<std::string>());
    vae({"--resume", "--out", path("run"), "--epochs", "30"});
    expect_same_run(path("run"), path("reference"));
}

TEST_F(VaeProgram, TellsThatNothingMoves) {
    const Outcome outcome = train(path("run"), {"--epochs", "6", "--lr", "1e-12"});
    EXPECT_EQ(events(path("run")), std::vector<std::string>{"loss_stands_still"}) << "and of nothing else";
    EXPECT_NE(outcome.err.find("warning, epoch 4: the numbers of the training do not move"), std::string::npos)
        << outcome.err;
    train(path("healthy"), {"--epochs", "30"});
    train(path("rising"), {"--epochs", "30", "--kl-warmup", "10"});
    EXPECT_EQ(events(path("healthy")), std::vector<std::string>());
    EXPECT_EQ(events(path("rising")), std::vector<std::string>());
}

TEST_F(DcganProgram, TellsOfADiscriminatorThatHasLost) {
    const Outcome outcome =
        train(path("run"), {"--epochs", "12", "--lr-d", "1e-9", "--lr-g", "0.01", "--ema", "0", "--sample-every", "0"});
    const std::vector<std::string> found = events(path("run"));
    EXPECT_NE(std::find(found.begin(), found.end(), "discriminator_lost"), found.end()) << outcome.err;
    EXPECT_NE(outcome.err.find("try a higher --lr-d"), std::string::npos) << outcome.err;
}

class ClassifierWarnings : public ProgramTest {
protected:
    ClassifierWarnings() : ProgramTest(SINTER_CLASSIFIER) {}

    Outcome train(const std::string& out, const Arguments& more) const {
        return succeed(with_defaults({"--data", data(), "--out", out}, {"--batch-size", "50"}, more));
    }
};

TEST_F(ClassifierWarnings, TellsOfGuessing) {
    const Outcome outcome = train(path("run"), {"--epochs", "3", "--lr", "1e-12"});
    EXPECT_NE(outcome.err.find("warning, epoch 3: the loss is that of guessing"), std::string::npos) << outcome.err;
    EXPECT_EQ(events(path("run")), std::vector<std::string>{"loss_stands_still"});
    train(path("healthy"), {"--epochs", "4"});
    EXPECT_EQ(events(path("healthy")), std::vector<std::string>());
}

}  // namespace
}  // namespace sinter
