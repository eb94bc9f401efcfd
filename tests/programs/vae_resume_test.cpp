// Runs of mnist_vae that are killed, interrupted or refused: after --resume they are as if nothing had happened.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

/// Epochs of a run that lasts long enough to be disturbed.
#ifdef __SANITIZE_ADDRESS__
constexpr const char* kLong = "100";
#else
constexpr const char* kLong = "300";
#endif

class Resume : public VaeProgram {
protected:
    Arguments long_training(const std::string& out, const Arguments& more = {}) const {
        Arguments arguments = {"--epochs", kLong, "--sample-every", "0"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return training(out, arguments);
    }
    Outcome resume(const std::string& out, const Arguments& more = {}) const {
        Arguments arguments = {"--resume", "--out", out};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return vae(arguments);
    }
    void interrupt_and_resume(int signal);
};

int number_from_environment(const char* name, int otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoi(text);
}

std::vector<std::string> temporaries(const std::string& out) {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(out)) {
        if (entry.path().extension() == ".tmp") found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

// Six rounds by default. For more: SINTER_KILL_ROUNDS=50 programs_test --gtest_filter='*AnyMoment*'; a failure names
// the SINTER_KILL_SEED that repeats its moments, as far as the machine's speed does.
TEST_F(Resume, KilledAtAnyMomentEndsWithTheSameBits) {
    const int rounds = number_from_environment("SINTER_KILL_ROUNDS", 6);
    const int seed = number_from_environment("SINTER_KILL_SEED", static_cast<int>(std::random_device()() >> 1));
    SCOPED_TRACE("SINTER_KILL_SEED=" + std::to_string(seed));
    const auto train_to_the_end = [&](const std::string& out) {
        return training(out, {"--epochs", "25", "--sample-every", "10"});
    };
    const auto start = std::chrono::steady_clock::now();
    ASSERT_EQ(vae(train_to_the_end(path("reference"))).exit_code, 0);
    const std::chrono::duration<double> whole = std::chrono::steady_clock::now() - start;

    std::mt19937 random(static_cast<unsigned>(seed));
    std::uniform_real_distribution<double> moment(0, whole.count());
    int killed = 0;
    for (int round = 0; round < rounds; ++round) {
        const std::string out = path("round-" + std::to_string(round));
        SCOPED_TRACE(out);
        for (bool done = false; !done;) {
            Arguments arguments = train_to_the_end(out);
            // A process that is killed before it wrote the configuration leaves no run to resume.
            if (fs::exists(fs::path(out) / "config.toml")) arguments.push_back("--resume");
            Process process(command(arguments), in_private());
            std::this_thread::sleep_for(std::chrono::duration<double>(moment(random)));
            process.send(SIGKILL);
            const Outcome outcome = process.wait();
            done = outcome.signal != SIGKILL;
            killed += outcome.signal == SIGKILL;
            ASSERT_TRUE(!done || outcome.exit_code == 0) << outcome.err;
        }
        expect_same_run(out, path("reference"));
        EXPECT_EQ(temporaries(out), std::vector<std::string>()) << "left behind by a killed process";
        EXPECT_EQ(read_text(out + "/samples/epoch-025.png"), read_text(path("reference") + "/samples/epoch-025.png"));
    }
    EXPECT_GE(killed, rounds / 2) << "the kills came too late to test anything";
}

TEST_F(Resume, KilledBeforeTheFirstCheckpointStartsAgain) {
    ASSERT_EQ(vae(long_training(path("reference"))).exit_code, 0);
    Process process(command(long_training(path("run"), {"--save-every", "0"})), in_private());
    ASSERT_TRUE(process.wait_until_it_says("epoch   3"));
    process.send(SIGKILL);
    ASSERT_EQ(process.wait().signal, SIGKILL);
    ASSERT_FALSE(fs::exists(checkpoint_of(path("run"))));
    ASSERT_FALSE(metrics(path("run")).empty()) << "there should be lines to drop";

    const Outcome outcome = resume(path("run"));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("holds no checkpoint yet: starting from the beginning"), std::string::npos);
    expect_same_run(path("run"), path("reference"));
}

void Resume::interrupt_and_resume(int signal) {
    ASSERT_EQ(vae(long_training(path("reference"))).exit_code, 0);
    Process process(command(long_training(path("run"), {"--save-every", "0"})), in_private());
    ASSERT_TRUE(process.wait_until_it_says("epoch   2"));
    process.send(signal);
    const Outcome interrupted = process.wait();
    expect_refusal(interrupted, 130,
                   {"interrupted at step", "saved", "Go on with: mnist_vae --resume --out " + path("run")});

    const Outcome outcome = resume(path("run"));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("resuming at step"), std::string::npos) << outcome.err;
    expect_same_run(path("run"), path("reference"));
}

TEST_F(Resume, SigintSavesAndTheRunGoesOnWithTheSameBits) { interrupt_and_resume(SIGINT); }

TEST_F(Resume, SigtermSavesAndTheRunGoesOnWithTheSameBits) { interrupt_and_resume(SIGTERM); }

TEST_F(Resume, SighupSavesAndTheRunGoesOnWithTheSameBits) { interrupt_and_resume(SIGHUP); }

TEST_F(Resume, SignalsThatComeTogetherAreOneRequest) {
    Process process(command(long_training(path("run"), {"--save-every", "0"})), in_private());
    ASSERT_TRUE(process.wait_until_it_says("epoch   2"));
    for (const int signal : {SIGTERM, SIGTERM, SIGINT, SIGTERM}) {
        process.send(signal);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(process.wait().exit_code, 130);
    EXPECT_TRUE(fs::exists(checkpoint_of(path("run"))));
}

TEST_F(Resume, SighupIsNothingToAProcessThatWasToldSo) {
    ProcessOptions nohup = in_private();
    nohup.in_child = [] { ::signal(SIGHUP, SIG_IGN); };
    Process process(command(training(path("run"), {"--epochs", "50"})), nohup);
    ASSERT_TRUE(process.wait_until_it_says("first step"));
    process.send(SIGHUP);
    EXPECT_EQ(process.wait().exit_code, 0);
}

TEST_F(Resume, TheCheckpointIsAFunctionOfTheRun) {
    train(path("one"));
    train(path("other"), {"--threads", "1", "--save-every", "0", "--sample-every", "0"});
    EXPECT_TRUE(read_text(checkpoint_of(path("one"))) == read_text(checkpoint_of(path("other"))));
}

TEST_F(Resume, AFolderThatIsNotAWholeRunIsRefused) {
    train(path("run"));
    const std::string config = path("run") + "/config.toml";
    fs::rename(config, path("config"));
    Snapshot before = snapshot();
    expect_refusal(resume(path("run")), 3, {path("run"), "lacks the config.toml"});
    EXPECT_TRUE(snapshot() == before);
    fs::rename(path("config"), config);
    fs::rename(checkpoint_of(path("run")), path("checkpoint"));
    before = snapshot();
    expect_refusal(resume(path("run"), {"--epochs", "3"}), 3, {path("run"), "lacks the checkpoint"});
    EXPECT_TRUE(snapshot() == before);
    fs::rename(path("checkpoint"), checkpoint_of(path("run")));
    EXPECT_EQ(resume(path("run"), {"--epochs", "3"}).exit_code, 0);
}

TEST_F(Resume, ARunThatIsTrainingIsLeftAlone) {
    Process process(command(training(path("run"), {"--epochs", "100000"})), in_private());
    ASSERT_TRUE(process.wait_until_it_says("first step"));
    expect_refusal(resume(path("run")), 2, {path("run"), "another process is training this run"});
    process.send(SIGKILL);
    process.wait();
    EXPECT_EQ(resume(path("run"), {"--epochs", "100000", "--dry-run"}).exit_code, 0);
}

TEST_F(Resume, PicturesThatAKilledRunHadNotDrawnAreDrawn) {
    train(path("reference"), {"--epochs", "3"});
    train(path("run"), {"--epochs", "2"});
    fs::remove_all(path("run") + "/samples");
    fs::remove_all(path("run") + "/reconstructions");
    EXPECT_EQ(resume(path("run"), {"--epochs", "3"}).exit_code, 0);
    for (const char* name : {"epoch-002", "epoch-003", "interpolations"}) {
        const std::string picture = std::string("/samples/") + name + ".png";
        EXPECT_EQ(read_text(path("run") + picture), read_text(path("reference") + picture)) << name;
    }
}

TEST_F(Resume, APictureThatFailsIsAWarning) {
    write_text(path("run/reconstructions"), "");  // a file in the way
    const Outcome outcome = train(path("run"));
    EXPECT_NE(outcome.err.find("warning: "), std::string::npos) << outcome.err;
    EXPECT_TRUE(fs::exists(checkpoint_of(path("run"))));
}

TEST_F(Resume, SecondSigintEndsAtOnce) {
    // A model so large that it takes a while to be saved, which is when the second signal comes.
    Process process(command(training(path("run"), {"--hidden", "2500,2500", "--epochs", "100", "--sample-every", "0"})),
                    in_private());
    ASSERT_TRUE(process.wait_until_it_says("epoch   2", 120));
    process.send(SIGINT);
    ASSERT_TRUE(process.wait_until_delivered(SIGINT));
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    ASSERT_TRUE(process.is_running()) << "the first SIGINT is a request, not an end";
    process.send(SIGINT);
    EXPECT_EQ(process.wait().signal, SIGINT);
    EXPECT_EQ(vae({"--evaluate", path("run")}).exit_code, 0) << "what was saved before is whole";
}

TEST_F(Resume, SweepsUpAfterAKilledProcess) {
    const std::string out = path("run");
    train(out);
    for (const char* name :
         {"/.config.toml.17-0.tmp", "/samples/.epoch-001.png.17-1.tmp", "/checkpoints/.last.safetensors.17-2.tmp"})
        write_text(out + name, "half of it");
    // Not ours: of other names, or of a program that is still writing.
    const std::vector<std::string> others = {out + "/.notes.tmp", out + "/checkpoints/.backup.tmp",
                                             out + "/samples/.a.b-c.tmp"};
    for (const std::string& file : others) write_text(file, "mine");
    EXPECT_EQ(resume(out).exit_code, 0);
    EXPECT_EQ(temporaries(out), others);
}

TEST_F(Resume, FinishedRunCanBeExtended) {
    train(path("reference"), {"--epochs", "5"});
    train(path("run"), {"--epochs", "3"});
    EXPECT_EQ(resume(path("run"), {"--epochs", "5"}).exit_code, 0);
    expect_same_run(path("run"), path("reference"));
    EXPECT_NE(read_text(path("run") + "/config.toml").find("epochs = 5\n"), std::string::npos);
}

TEST_F(Resume, DataMayLieAtAnyPath) {
    const std::string hostile = path("a # \"b\" 'c' \\n\\ [d]\n\xc3\xa4 = e");
    std::filesystem::copy(data(), hostile);
    const Arguments here = {"--data", hostile, "--epochs", "1", "--hidden", "32"};
    const auto with = [&](Arguments more) {
        more.insert(more.end(), here.begin(), here.end());
        return more;
    };
    succeed(with({"--out", path("run # 1")}));
    EXPECT_EQ(resume(path("run # 1"), {"--epochs", "2"}).exit_code, 0);
    const Outcome again = vae({"--config", path("run # 1") + "/config.toml", "--out", path("again")});
    EXPECT_EQ(again.exit_code, 0) << again.err;
    expect_same_run(path("again"), path("run # 1"));
}

TEST_F(Resume, ARunOfAnOlderProgramGoesOnWithTheSameBits) {
    train(path("reference"), {"--epochs", "4"});
    train(path("run"), {"--epochs", "2", "--lr", "0.001"});
    // What it wrote before config.toml had types, and before there was the option --activation.
    write_text(path("run") + "/config.toml", "data=\"" + data() + "\"\nepochs=2\nbatch-size=64\nlr=.001\nhidden=32\n" +
                                                 "latent=20\nsize=0\nlikelihood=\"bernoulli\"\nconditional=false\n");
    make_older(path("run"), [](SafetensorsMetadata& facts) { ASSERT_EQ(facts.erase("model.activation"), 1u); });

    const Outcome other = resume(path("run"), {"--epochs", "4", "--activation", "tanh"});
    expect_refusal(other, 2, {"--resume", "model.activation 'relu', now it is 'tanh'"});
    const Outcome outcome = resume(path("run"), {"--epochs", "4"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    expect_same_run(path("run"), path("reference"));
}

TEST_F(Resume, RefusesWhatDoesNotFitTheRunAndLeavesItAlone) {
    train(path("run"));
    write_mnist(path("other-set"), noise_images(200, 40, 28, 28));
    const std::string namesake = path("elsewhere/digits-tiny"), images = "/train-images-idx3-ubyte";
    std::filesystem::create_directory(path("elsewhere"));
    std::filesystem::copy(data(), namesake);
    std::string content = read_text(namesake + images);
    content[16] = static_cast<char>(~content[16]);
    write_text(namesake + images, content);
    const Snapshot before = snapshot();
    expect_refusal(resume(path("run"), {"--seed", "2"}), 2, {"--resume", "seed", "'1'", "'2'"});
    expect_refusal(resume(path("run"), {"--batch-size", "32"}), 2, {"--resume", "batch", "'64'", "'32'"});
    expect_refusal(resume(path("run"), {"--optimizer", "sgd"}), 2, {"--resume", "optimizer", "'adam'", "'sgd'"});
    expect_refusal(resume(path("run"), {"--data", path("other-set")}), 2,
                   {"--resume", "other data", "digits-tiny", "other-set"});
    expect_refusal(resume(path("run"), {"--data", namesake}), 2, {"--resume", "other data", "content"});
    expect_refusal(resume(path("run"), {"--hidden", "16"}), 2, {"--resume", "model.hidden", "'32'", "'16'"});
    expect_refusal(resume(path("run"), {"--likelihood", "gaussian"}), 2, {"--resume", "'bernoulli'", "'gaussian'"});
    expect_refusal(resume(path("run"), {"--lr", "0.5"}), 2, {"--resume", "--lr", "'0.001'", "'0.5'"});
    expect_refusal(resume(path("run"), {"--beta", "4"}), 2, {"--resume", "--beta", "'1'", "'4'"});
    expect_refusal(resume(path("run"), {"--lr-schedule", "cosine"}), 2,
                   {"--resume", "'constant'", "'cosine over 2 epochs'"});
    expect_refusal(resume(path("run"), {"--epochs", "1"}), 2, {"--resume", "has finished 2 epochs", "--epochs is 1"});
    expect_refusal(vae(training(path("run"))), 2, {path("run"), "already holds a run", "--resume"});
    EXPECT_EQ(snapshot(), before);
    EXPECT_EQ(resume(path("run")).exit_code, 0) << "the run itself still goes on";
    std::filesystem::copy(data(), path("by-another-name"));
    EXPECT_EQ(resume(path("run"), {"--data", path("by-another-name")}).exit_code, 0) << "the same content";
}

}  // namespace
}  // namespace sinter
