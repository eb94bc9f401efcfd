// --max-steps and --max-time: where a run ends, and how it goes on.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

using Limits = VaeProgram;  // 2 epochs of 4 steps

TEST_F(Limits, AnEpochThatIsCutIsSummedUpAndSavedAndGoesOnAsIfItWereNot) {
    const std::string whole = path("whole"), cut = path("cut");
    train(whole);
    const Outcome ended = train(cut, {"--max-steps", "6", "--keep-best", "loss"});
    EXPECT_NE(ended.err.find("ended after 6 steps, in epoch 2, by --max-steps"), std::string::npos) << ended.err;
    EXPECT_EQ(metrics(cut).size(), 4u) << "of training and test images, of both epochs";
    EXPECT_EQ(metrics(cut).back().at("step"), 6);
    EXPECT_TRUE(fs::exists(cut + "/samples/epoch-002.png"));

    const Snapshot before = snapshot("cut/checkpoints");
    succeed({"--resume", "--out", cut});
    EXPECT_EQ(snapshot("cut/checkpoints"), before) << "the run has taken its steps";

    succeed({"--resume", "--out", cut, "--max-steps", "0"});
    EXPECT_TRUE(have_same_arrays(cut, whole));
    EXPECT_EQ(metrics(cut).back().at("loss"), metrics(whole).back().at("loss"));
    EXPECT_EQ(metrics(cut).back().at("step"), 8);
}

TEST_F(Limits, StepsThatEndWithAnEpochAreThatEpoch) {
    const std::string epochs = path("epochs"), steps = path("steps");
    train(epochs, {"--epochs", "1"});
    train(steps, {"--max-steps", "4", "--save-every", "0"});
    EXPECT_TRUE(have_same_arrays(steps, epochs));
    EXPECT_EQ(metrics(steps).size(), metrics(epochs).size());
    succeed({"--resume", "--out", steps, "--max-steps", "5"});
    EXPECT_EQ(metrics(steps).back().at("epoch"), 2);
    EXPECT_EQ(metrics(steps).back().at("step"), 5);
}

TEST_F(Limits, ASetTimeEndsARunThatWouldGoOnForHours) {
    const std::string out = path("timed");
    const Outcome ended = train(out, {"--epochs", "1000000", "--max-time", "0.2s", "--sample-every", "0"});
    EXPECT_NE(ended.err.find("by --max-time"), std::string::npos) << ended.err;
    EXPECT_TRUE(fs::exists(checkpoint_of(out)));
    const std::int64_t epochs = metrics(out).back().at("epoch");
    succeed({"--resume", "--out", out, "--max-time", "0", "--epochs", std::to_string(epochs + 1)});
    EXPECT_EQ(metrics(out).back().at("epoch"), epochs + 1);
}

TEST_F(Limits, AScheduleGoesByTheEpochsSoThatACutRunCanGoOn) {
    const std::string whole = path("whole"), cut = path("cut");
    train(whole, {"--lr-schedule", "cosine"});
    train(cut, {"--lr-schedule", "cosine", "--max-steps", "3"});
    succeed({"--resume", "--out", cut, "--max-steps", "0"});
    EXPECT_TRUE(have_same_arrays(cut, whole));
}

TEST_F(Limits, ACutRunIsTestedAsItsCheckpointIs) {
    const std::string out = path("out");
    const Outcome ended = train(out, {"--max-steps", "6"});
    EXPECT_NE(ended.out.find("after 6 steps"), std::string::npos) << ended.out;
    const nlohmann::json tested = nlohmann::json::parse(succeed({"--evaluate", out, "--data", data()}).out);
    EXPECT_EQ(tested.at("loss"), metrics(out).back().at("loss"));
}

TEST_F(Limits, WhatIsNoTimeIsRefused) {
    for (const char* time : {"10x", "m", "-5s", "5s10m", "1m1m", "nan", ""})
        expect_refusal(start(training(path("out"), {"--max-time", time})), 2, {"--max-time", "90s, 10m or 1h30m"});
    expect_refusal(start(training(path("out"), {"--max-steps", "-1"})), 2, {"--max-steps"});
}

}  // namespace
}  // namespace sinter
