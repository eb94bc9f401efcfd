// Runs of dcgan that are killed, interrupted or refused: after --resume they are as if nothing had happened.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <random>
#include <thread>

#include "tests/common/checkpoint_files.h"
#include "tests/common/fixtures.h"
#include "tests/programs/dcgan_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

class DcganResume : public DcganProgram {
protected:
    /// Everything that has a state: both networks, running statistics, optimizers, moving average, noise, mirroring.
    Arguments eventful(const std::string& out, Arguments more) const {
        more.insert(more.end(), {"--size", "32", "--conditional", "--ema", "0.9", "--flip", "--instance-noise", "0.1",
                                 "--augment", "translation,cutout,colour", "--n-critic", "3", "--gif"});
        return training(out, more);
    }
    void expect_same_pictures(const std::string& run, const std::string& reference) const {
        for (const auto& entry : fs::directory_iterator(reference + "/samples"))
            EXPECT_EQ(read_text(fs::path(run) / "samples" / entry.path().filename()), read_text(entry.path()))
                << entry.path();
    }
};

TEST_F(DcganResume, KilledAtAnyMomentEndsWithTheSameBits) {
    const unsigned seed = std::random_device()();
    SCOPED_TRACE("seed of the moments: " + std::to_string(seed));
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> milliseconds(0, 100);
    const auto arguments = [&](const std::string& out) {
        return eventful(out, {"--epochs", "12", "--batch-size", "100", "--sample-every", "3"});
    };
    ASSERT_EQ(start(arguments(path("reference"))).exit_code, 0);
    // A machine so fast that it ends before a later moment has been killed once at least.
    bool killed = true;
    for (int round = 0; killed && round < 3; ++round) {
        Arguments now = arguments(path("run"));
        if (round > 0) now.push_back("--resume");
        Process process(command(now), in_private());
        ASSERT_TRUE(process.wait_until_it_says("first step"));
        std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds(random)));
        process.send(SIGKILL);
        killed = process.wait().signal == SIGKILL;
        ASSERT_TRUE(killed || round > 0);
    }
    const Outcome outcome = resume(path("run"));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    expect_same_run(path("run"), path("reference"));
    expect_same_pictures(path("run"), path("reference"));
}

TEST_F(DcganResume, InterruptedWithinAnEpochGoesOnWithTheSameBits) {
    // One epoch of 100 steps, in which nothing is saved before the signal.
    const auto arguments = [&](const std::string& out) {
        return eventful(out, {"--epochs", "3", "--batch-size", "2", "--save-every", "0"});
    };
    ASSERT_EQ(start(arguments(path("reference"))).exit_code, 0);
    Process process(command(arguments(path("run"))), in_private());
    ASSERT_TRUE(process.wait_until_it_says("first step"));
    process.send(SIGINT);
    expect_refusal(process.wait(), 130,
                   {"interrupted at step", "saved", "Go on with: dcgan --resume --out " + path("run")});
    const Outcome outcome = resume(path("run"));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("resuming at step"), std::string::npos) << outcome.err;
    expect_same_run(path("run"), path("reference"));
    expect_same_pictures(path("run"), path("reference"));
}

TEST_F(DcganResume, WarningsAreNotRepeated) {
    const Arguments bad = {"--lr-g", "1e-12", "--lr-d", "0.01"};
    train(path("reference"), with_defaults({"--epochs", "6"}, {}, bad));
    train(path("run"), with_defaults({"--epochs", "4"}, {}, bad));
    EXPECT_EQ(resume(path("run"), {"--epochs", "6"}).exit_code, 0);
    expect_same_run(path("run"), path("reference"));
}

TEST_F(DcganResume, TheNormOfAnOlderRunIsThatOfItsTwoFlags) {
    struct Old {
        Arguments arguments;
        const char *spectral, *batch;
    };
    const Old runs[] = {{{}, "false", "true"},  // on 28 pixels, where there was none
                        {{"--arch", "dense"}, "false", "true"},
                        {{"--size", "32", "--base-width", "2"}, "false", "true"},
                        {{"--size", "32", "--base-width", "2", "--r1", "10"}, "false", "false"},
                        {{"--spectral-norm"}, "true", "true"}};
    int number = 0;
    for (const Old& old : runs) {
        SCOPED_TRACE(testing::PrintToString(old.arguments));
        const std::string run = path("run-" + std::to_string(number++));
        train(run, with_defaults({"--epochs", "1"}, {}, old.arguments));
        make_older(run, [&](SafetensorsMetadata& facts) {
            ASSERT_EQ(facts.erase("model.discriminator_norm"), 1u);
            facts["model.spectral_norm"] = old.spectral;
            facts["model.discriminator_batch_norm"] = old.batch;
        });
        std::string config = read_text(run + "/config.toml");
        const std::size_t norm = config.find("discriminator-norm");
        config.replace(norm, config.find('\n', norm) - norm, std::string("spectral-norm=") + old.spectral);
        write_text(run + "/config.toml", config);

        EXPECT_EQ(sample(run, "3", run + "-drawn").exit_code, 0);
        expect_refusal(resume(run, {"--epochs", "2", "--discriminator-norm", "layer"}), 2,
                       {"model.discriminator_norm", "'layer'"});
        const Outcome outcome = resume(run, {"--epochs", "2"});
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    }
}

/// Writes the checkpoint of a run of 28 pixels and base width 4 again as it was when files had images channels last.
void put_images_channels_last(const std::string& run) {
    constexpr FlattenedImage kGenerator{7, 7, 16}, kDiscriminator{7, 7, 8};
    const SafetensorsFile file = SafetensorsFile::open(checkpoint_of(run));
    std::vector<SafetensorsEntry> entries = file.entries();
    std::deque<std::vector<float>> turned;  // a deque: the entries point into its vectors
    for (SafetensorsEntry& entry : entries) {
        const auto named = [&](const char* part) { return entry.name.find(part) != std::string::npos; };
        std::vector<float> values = tests::entry_values<float>(entry);
        if (named(".dense."))
            values = images_channels_last(values, kGenerator, 1, 0, entry.shape[1]);
        else if (named(".norm0."))
            values = images_channels_last(values, kGenerator);
        else if (named("projection.") || named("logit.weight"))
            values = images_channels_last(values, kDiscriminator, entry.shape[0]);
        entry.data = std::as_bytes(std::span(turned.emplace_back(std::move(values))));
    }
    SafetensorsMetadata facts = file.metadata();
    EXPECT_EQ(facts.erase("flattened_images"), 1u);
    write_with_checksums(checkpoint_of(run), entries, facts);
}

TEST_F(DcganResume, OfAFileWithImagesChannelsLastEndsWithTheSameBits) {
    const Arguments more = {"--conditional", "--ema", "0.9", "--lr", "0.01"};
    train(path("reference"), with_defaults({"--epochs", "2"}, {}, more));
    train(path("run"), with_defaults({"--epochs", "1"}, {}, more));
    const std::string before = read_text(checkpoint_of(path("run")));
    const auto drawn = [&] {
        EXPECT_EQ(sample(path("run"), "9", path("drawn")).exit_code, 0);
        const Snapshot pictures = snapshot("drawn");
        std::filesystem::remove_all(path("drawn"));
        return pictures;
    };
    const Snapshot pictures = drawn();
    put_images_channels_last(path("run"));
    EXPECT_NE(read_text(checkpoint_of(path("run"))), before);
    EXPECT_EQ(drawn(), pictures);
    const Outcome outcome = resume(path("run"), {"--epochs", "2"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    expect_same_run(path("run"), path("reference"));
}

TEST_F(DcganResume, RefusesWhatDoesNotFitTheRunAndLeavesItAlone) {
    train(path("run"));
    const Snapshot before = snapshot();
    const auto expect_refused = [&](const Arguments& change, std::initializer_list<std::string> parts) {
        SCOPED_TRACE(testing::PrintToString(change));
        expect_refusal(resume(path("run"), change), 2, parts);
    };
    expect_refused({"--seed", "2"}, {"--resume", "--seed", "'1'", "'2'"});
    expect_refused({"--size", "32"}, {"--resume", "model.size", "'28'", "'32'"});
    expect_refused({"--base-width", "8"}, {"--resume", "model.base_width", "'4'", "'8'"});
    expect_refused({"--conditional"}, {"--resume", "model.classes", "'0'", "'10'"});
    expect_refused({"--loss", "hinge"}, {"--resume", "--loss", "'logistic'", "'hinge'"});
    expect_refused({"--update", "simultaneous"}, {"--resume", "--update", "'alternating'", "'simultaneous'"});
    expect_refused({"--lr-g", "0.5"}, {"--resume", "--lr-g", "'0.0002'", "'0.5'"});
    expect_refused({"--ema", "0.9"}, {"--resume", "--ema", "'0.999'", "'0.9'"});
    expect_refused({"--flip"}, {"--resume", "--flip", "'false'", "'true'"});
    expect_refused({"--epochs", "1"}, {"--resume", "has finished 2 epochs"});
    expect_refusal(start(training(path("run"))), 2, {path("run"), "already holds a run", "--resume"});
    EXPECT_EQ(snapshot(), before);
    const std::string config = read_text(path("run") + "/config.toml");
    write_text(path("run") + "/config.toml", "program = \"mnist_vae\"\n");
    expect_refused({}, {path("run"), "holds a run of \"mnist_vae\"", "--out"});
    write_text(path("run") + "/config.toml", config);
    EXPECT_EQ(resume(path("run"), {"--epochs", "3"}).exit_code, 0) << "the run itself still goes on";
}

}  // namespace
}  // namespace sinter
