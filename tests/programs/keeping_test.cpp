// --keep-best, --keep-last and --patience: which checkpoints a run leaves, and that no kill leaves others.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <map>
#include <random>
#include <thread>

#include "core/train/checkpoint.h"
#include "tests/common/checkpoint_files.h"
#include "tests/programs/dcgan_program.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

using Files = std::map<std::string, std::string>;

std::vector<std::string> names(const Files& files) {
    std::vector<std::string> names;
    for (const auto& [name, content] : files) names.push_back(name);
    return names;
}

/// The epoch whose test has the lowest number of this name.
int lowest(const std::string& run, const std::string& name) {
    int best = 0;
    double value = std::numeric_limits<double>::infinity();
    for (const auto& line : metrics(run)) {
        if (line["split"] != "test" || line[name].get<double>() >= value) continue;
        value = line[name];
        best = line["epoch"];
    }
    return best;
}

class Keeping : public VaeProgram {
protected:
    /// Learns by heart: the test loss falls for some epochs, and then rises.
    Arguments training_by_heart(const std::string& out, const Arguments& more) const {
        return training(out, with_defaults({}, {"--lr", "0.02", "--sample-every", "0", "--keep-best", "loss"}, more));
    }
    Outcome resume(const std::string& out, const Arguments& more = {}) const {
        return vae(with_defaults({"--resume", "--out", out}, {}, more));
    }
};

TEST_F(Keeping, TheBestCheckpointIsThatOfTheLowestTestLoss) {
    succeed(training_by_heart(path("run"), {"--epochs", "300", "--patience", "3"}));  // so that it ends worse
    const int best = lowest(path("run"), "loss");
    ASSERT_GT(best, 1);
    ASSERT_EQ(metrics(path("run")).back()["epoch"], best + 3);
    succeed(training_by_heart(path("short"), {"--epochs", std::to_string(best)}));
    const Files files = checkpoints(path("run"));
    EXPECT_EQ(names(files), (std::vector<std::string>{"best.safetensors", "last.safetensors"}));
    EXPECT_EQ(files.at("best.safetensors"), checkpoints(path("short")).at("last.safetensors"));

    // It is a checkpoint like any other.
    const std::string file = path("run") + "/checkpoints/best.safetensors";
    EXPECT_EQ(vae({"--sample", file, "3", "--out", path("drawn")}).exit_code, 0);
    const Outcome evaluated = vae({"--evaluate", file});
    EXPECT_EQ(evaluated.exit_code, 0) << evaluated.err;
    for (const auto& line : metrics(path("run"))) {
        if (line["split"] != "test" || line["epoch"] != best) continue;
        EXPECT_EQ(nlohmann::json::parse(evaluated.out)["loss"], line["loss"]) << "to the digit";
    }
}

TEST_F(Keeping, ABetterEpochIsSavedWhateverSaveEverySays) {
    succeed(training_by_heart(path("rarely"), {"--epochs", "30", "--save-every", "0"}));
    succeed(training_by_heart(path("often"), {"--epochs", "30"}));
    EXPECT_EQ(checkpoints(path("rarely")), checkpoints(path("often")));
}

TEST_F(Keeping, TheLastCheckpointsAreThoseOfSaveEvery) {
    const Arguments more = {"--epochs", "7", "--save-every", "2", "--keep-last", "3"};
    succeed(training_by_heart(path("run"), more));
    const Files files = checkpoints(path("run"));
    EXPECT_EQ(names(files),
              (std::vector<std::string>{"best.safetensors", "epoch-004.safetensors", "epoch-006.safetensors",
                                        "epoch-007.safetensors", "last.safetensors"}));
    EXPECT_EQ(files.at("epoch-007.safetensors"), files.at("last.safetensors"));
    succeed(training_by_heart(path("short"), {"--epochs", "4"}));
    EXPECT_EQ(files.at("epoch-004.safetensors"), checkpoints(path("short")).at("last.safetensors"));
}

TEST_F(Keeping, PatienceEndsARunAsAFinishedOne) {
    const Outcome outcome = succeed(training_by_heart(path("run"), {"--epochs", "300", "--patience", "4"}));
    const int best = lowest(path("run"), "loss"), last = best + 4;
    const std::string ended = "ended after epoch " + std::to_string(last) + ": no better loss in 4 epochs";
    EXPECT_NE(outcome.err.find(ended), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(", after epoch " + std::to_string(best) + ": " + path("run")), std::string::npos);
    EXPECT_NE(outcome.out.find("after " + std::to_string(last) + " epochs"), std::string::npos) << outcome.out;
    EXPECT_EQ(metrics(path("run")).back()["epoch"], last);
    EXPECT_TRUE(fs::exists(path("run") + "/samples/epoch-0" + std::to_string(last) + ".png")) << "as at any end";
    const Files files = checkpoints(path("run"));
    const Outcome again = resume(path("run"));
    EXPECT_EQ(again.exit_code, 0);
    EXPECT_NE(again.err.find("has ended after epoch " + std::to_string(last)), std::string::npos) << again.err;
    EXPECT_EQ(checkpoints(path("run")), files);

    // The same with the test loss by itself, and without a file of the best.
    train(path("patient"), {"--lr", "0.02", "--epochs", "300", "--patience", "4"});
    EXPECT_EQ(metrics(path("patient")).back()["epoch"], last);
    EXPECT_EQ(names(checkpoints(path("patient"))), std::vector<std::string>{"last.safetensors"});
}

TEST_F(Keeping, AKillBetweenTheFilesOfAnEpochIsMadeGood) {
    const auto train_to = [&](const std::string& run, const char* epochs) {
        succeed(training_by_heart(path(run), {"--epochs", epochs, "--keep-last", "2"}));
        return checkpoints(path(run));
    };
    const Files before = train_to("before", "2"), after = train_to("run", "3");
    const Files reference = train_to("reference", "4");
    ASSERT_EQ(lowest(path("run"), "loss"), 3);
    // What a kill after epoch 3 leaves, once last.safetensors has been replaced: the other files as they were.
    const fs::path folder = path("run") + "/checkpoints";
    fs::remove(folder / "epoch-003.safetensors");
    for (const char* name : {"best.safetensors", "epoch-001.safetensors", "epoch-002.safetensors"}) {
        fs::copy_file(path("before") + "/checkpoints/" + name, folder / name, fs::copy_options::overwrite_existing);
        ASSERT_EQ(digest(folder / name), before.at(name));
    }
    ASSERT_NE(digest(folder / "best.safetensors"), digest(folder / "last.safetensors"));
    EXPECT_EQ(resume(path("run"), {"--dry-run"}).exit_code, 0);
    EXPECT_EQ(digest(folder / "best.safetensors"), before.at("best.safetensors")) << "nothing was written";
    EXPECT_EQ(resume(path("run"), {"--epochs", "3"}).exit_code, 0);
    EXPECT_EQ(checkpoints(path("run")), after);
    EXPECT_EQ(resume(path("run"), {"--epochs", "4"}).exit_code, 0);
    EXPECT_EQ(checkpoints(path("run")), reference);
}

TEST_F(Keeping, KilledAtAnyMomentLeavesTheSameFiles) {
    const unsigned seed = std::random_device()();
    SCOPED_TRACE("seed of the moments: " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto train_to_the_end = [&](const std::string& out) {
        return training_by_heart(out, {"--epochs", "40", "--keep-last", "3", "--save-every", "2", "--patience", "15"});
    };
    succeed(train_to_the_end(path("reference")));
    const int last = metrics(path("reference")).back()["epoch"];
    for (int round = 0; round < 4; ++round) {
        const std::string out = path("round-" + std::to_string(round));
        // Behind the line of an epoch its files are written.
        for (int kill = 1; kill <= 3; ++kill) {
            const int epoch = std::uniform_int_distribution(last * (kill - 1) / 3 + 1, last * kill / 3 - 5)(random);
            Arguments arguments = train_to_the_end(out);
            if (kill > 1) arguments.push_back("--resume");
            Process process(command(arguments), in_private());
            ASSERT_TRUE(
                process.wait_until_it_says((epoch < 10 ? "epoch  " : "epoch ") + std::to_string(epoch) + "/40"));
            std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution(0, 10'000)(random)));
            process.send(SIGKILL);
            ASSERT_EQ(process.wait().signal, SIGKILL);
        }
        EXPECT_EQ(resume(out).exit_code, 0);
        EXPECT_EQ(checkpoints(out), checkpoints(path("reference"))) << out;
        expect_same_run(out, path("reference"));
    }
}

TEST_F(Keeping, ARunFromBeforeGoesOnAndIsWatchedFromThere) {
    train(path("run"), {"--epochs", "2"});
    make_older(path("run"), [](SafetensorsMetadata& facts) {
        for (const char* later :
             {"epochs_loss_stands_still", "epochs_posterior_collapsed", "first.loss", "first.recon", "first.kl"})
            EXPECT_EQ(facts.erase(later), 1u) << later;
    });
    train(path("reference"), {"--epochs", "4"});
    const Outcome outcome = resume(path("run"), {"--epochs", "4", "--keep-best", "loss", "--patience", "1"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(have_same_arrays(path("run"), path("reference")));
    EXPECT_TRUE(fs::exists(path("run") + "/checkpoints/best.safetensors"));
}

TEST_F(Keeping, AnotherNumberOrALostFileIsSaidAndBeginsAnew) {
    succeed(training_by_heart(path("run"), {"--epochs", "300", "--patience", "2"}));
    const int last = metrics(path("run")).back()["epoch"];
    const std::string best = std::to_string(last - 2), next = std::to_string(last + 1),
                      second = std::to_string(last + 2);
    const auto expect_anew = [&](const std::string& run) {
        const Outcome outcome = resume(run, {"--epochs", next, "--patience", "0"});
        EXPECT_EQ(outcome.exit_code, 0);
        EXPECT_NE(outcome.err.find("best.safetensors is not there, of the best epoch " + best +
                                   ": the best loss is looked for from epoch " + next + " on"),
                  std::string::npos)
            << outcome.err;
        EXPECT_EQ(checkpoints(run).at("best.safetensors"), checkpoints(run).at("last.safetensors"));
    };
    fs::copy(path("run"), path("lost"), fs::copy_options::recursive);
    fs::remove(path("lost") + "/checkpoints/best.safetensors");
    expect_anew(path("lost"));
    fs::copy(path("run"), path("other-epoch"), fs::copy_options::recursive);
    fs::copy_file(checkpoint_of(path("run")), path("other-epoch") + "/checkpoints/best.safetensors",
                  fs::copy_options::overwrite_existing);
    expect_anew(path("other-epoch"));

    const SafetensorsFile file = SafetensorsFile::open(checkpoint_of(path("lost")));
    SafetensorsMetadata metadata = file.metadata();
    metadata["best.name"] = "coverage";
    write_with_checksums(checkpoint_of(path("lost")), file.entries(), metadata);
    const Outcome other = resume(path("lost"), {"--epochs", second});
    EXPECT_NE(
        other.err.find("the run went by coverage so far: the best loss is looked for from epoch " + second + " on"),
        std::string::npos)
        << other.err;
}

TEST_F(Keeping, RefusesNumbersThatNobodyFinds) {
    const auto expect_refused = [&](const Arguments& more, std::initializer_list<std::string> parts) {
        expect_refusal(vae(training(path("run"), more)), 2, parts);
        EXPECT_FALSE(fs::exists(path("run")));
    };
    expect_refused({"--keep-best", "beauty"},
                   {"--keep-best", "none, loss, accuracy, reconstruction_ratio, frechet", "'beauty'"});
    expect_refused({"--keep-best", "accuracy"}, {"--keep-best accuracy: this program does not find that number"});
    expect_refused({"--keep-last", "-1"}, {"--keep-last", "'-1'"});
    expect_refused({"--patience", "-1"}, {"--patience", "'-1'"});
}

TEST_F(DcganProgram, HasNoLossToGoBy) {
    for (const Arguments& more : {Arguments{"--keep-best", "loss"}, {"--patience", "3"}}) {
        expect_refusal(start(training(path("run"), more)), 2,
                       {more[0], "the losses of a GAN compare its two networks and do not tell a good epoch"});
    }
    EXPECT_FALSE(fs::exists(path("run")));
    train(path("run"), {"--epochs", "3", "--keep-last", "2"});
    EXPECT_EQ(names(checkpoints(path("run"))),
              (std::vector<std::string>{"epoch-002.safetensors", "epoch-003.safetensors", "last.safetensors"}));
    EXPECT_EQ(
        start({"--sample", path("run") + "/checkpoints/epoch-002.safetensors", "2", "--out", path("drawn")}).exit_code,
        0);
}

class ClassifierKeeping : public ProgramTest {
protected:
    ClassifierKeeping() : ProgramTest(SINTER_CLASSIFIER) {}
};

TEST_F(ClassifierKeeping, GoesByAccuracy) {
    succeed({"--data", data(), "--out", path("run"), "--batch-size", "50", "--epochs", "4", "--keep-best", "accuracy"});
    double best = -1;
    int epoch = 0;
    for (const auto& line : metrics(path("run"))) {
        if (line["split"] != "test" || line["accuracy"] <= best) continue;
        best = line["accuracy"];
        epoch = line["epoch"];
    }
    const CheckpointFacts facts = read_checkpoint_facts(path("run") + "/checkpoints/best.safetensors");
    EXPECT_EQ(facts.at("epoch"), std::to_string(epoch + 1)) << "the epoch behind the best one";
}

}  // namespace
}  // namespace sinter
