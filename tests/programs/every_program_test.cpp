// What is the same in every program that trains: questions answered, dry runs, profiles, and what is refused before
// anything is done. Each time the exit code, the sentence, and that nothing on the disk has changed.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <ostream>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "core/data/formats/digits.h"
#include "core/device.h"
#include "core/train/checkpoint.h"
#include "tests/programs/program_fixture.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

struct Program {
    std::string name, path;
    Arguments small;                                 ///< makes its model quick to train
    std::string found;                               ///< what its first step tells
    std::map<std::string, std::string> model_facts;  ///< options that the model's facts fix, and these
    /// Its recorded steps are compared with launched ones with each of these.
    std::vector<Arguments> recorded = {Arguments()};
};

void PrintTo(const Program& program, std::ostream* stream) { *stream << program.name; }

class EveryProgram : public ProgramTest, public testing::WithParamInterface<Program> {
protected:
    EveryProgram() : ProgramTest(GetParam().path) {}

    /// The arguments that train a small model on the tiny set: 2 epochs of 4 steps, unless `more` says otherwise.
    Arguments training(const std::string& out, Arguments more = {}) const {
        more.insert(more.end(), GetParam().small.begin(), GetParam().small.end());
        return with_defaults({"--data", data(), "--out", out}, {"--batch-size", "50", "--epochs", "2"}, more);
    }

    /// Expects the refusal, with nothing said on stdout and no file changed.
    void expect_refused(const Arguments& arguments, int exit_code, std::initializer_list<std::string> parts,
                        ProcessOptions options = {}) const {
        SCOPED_TRACE(testing::PrintToString(arguments));
        const Snapshot before = snapshot();
        const Outcome outcome = start(arguments, std::move(options));
        expect_refusal(outcome, exit_code, parts);
        EXPECT_EQ(outcome.out, "");
        EXPECT_NE(outcome.err.find(GetParam().name + ": "), std::string::npos) << outcome.err;
        EXPECT_TRUE(snapshot() == before) << "something on the disk has changed";
    }
};

TEST_P(EveryProgram, AnswersQuestions) {
    const Snapshot before = snapshot();
    for (const auto& [option, part] :
         {std::pair("--help", "--batch-size INT"), {"--version", "sinter"}, {"--list-devices", "cpu"}}) {
        const Outcome outcome = start({option});
        EXPECT_EQ(outcome.exit_code, 0);
        EXPECT_NE(outcome.out.find(part), std::string::npos) << outcome.out;
        EXPECT_EQ(outcome.err, "");
    }
    EXPECT_EQ(snapshot(), before);
}

TEST_P(EveryProgram, DryRunTakesOneStepAndWritesNothing) {
    const Snapshot before = snapshot();
    const Outcome outcome = start(training(path("run"), {"--dry-run"}));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("would train 2 epochs of 4 steps of 50 images; the first step has " + GetParam().found),
              std::string::npos)
        << outcome.out;
    EXPECT_NE(outcome.err.find(" s after the start of the program"), std::string::npos) << outcome.err;
    EXPECT_EQ(snapshot(), before);
}

TEST_P(EveryProgram, ProfilesTheStepsAskedFor) {
    // Across the end of an epoch, where a test and pictures come between two steps.
    const Outcome outcome = succeed(training(path("run"), {"--profile-steps", "1:7"}));
    for (const char* part : {"means of 6 steps", "batch", "step", "\nroof: ", " GFLOP/s, "})
        EXPECT_NE(outcome.out.find(part), std::string::npos) << part << " is not in\n" << outcome.out;
}

TEST_P(EveryProgram, AProfileTakesNothingFromTheSpeedOfItsEpoch) {
    succeed(training(path("run"), {"--epochs", "1", "--profile-steps", "1:2"}));
    const auto epoch = metrics(path("run")).front();
    const double images = 200, whole = epoch["seconds"], speed = epoch["images_per_second"];
    EXPECT_GT(whole - images / speed, 0.5) << "measuring the roofs takes about a second, which is not the steps'";
}

TEST_P(EveryProgram, TrainsOnCUDAWithTheSameBitsRecordedAndLaunched) {
    std::string why_none;
    if (Device::cuda_devices(&why_none) == 0) GTEST_SKIP() << "no CUDA device: " << why_none;
    write_mnist(path("few"), make_digits(20, 4));
    // A kind of step is recorded when it comes for the third time: of 10 steps, both kinds of dcgan are replayed.
    const Arguments ten_steps = {"--data", path("few"), "--device", "cuda", "--batch-size", "2", "--epochs", "1"};
    for (const Arguments& more : GetParam().recorded) {
        SCOPED_TRACE(testing::PrintToString(more));
        const auto train = [&](const std::string& run, Arguments arguments) {
            for (const Arguments& others : {ten_steps, GetParam().small, more})
                arguments.insert(arguments.end(), others.begin(), others.end());
            fs::remove_all(run);
            arguments.insert(arguments.end(), {"--out", run});
            succeed(arguments);
        };
        train(path("recorded"), {});
        train(path("launched"), {"--no-capture"});
        EXPECT_TRUE(have_same_arrays(path("recorded"), path("launched")));
    }
}

TEST_P(EveryProgram, SaysWhereProductsAreRoundedUnasked) {
    std::string why_none;
    if (Device::cuda_devices(&why_none) == 0) GTEST_SKIP() << "no CUDA device: " << why_none;
    const auto said = [&](Arguments more) {
        more.insert(more.end(), {"--device", "cuda", "--dry-run"});
        return succeed(training(path("run"), more)).err.find("multiplies in tf32") != std::string::npos;
    };
    EXPECT_EQ(said({}), GetParam().name == "dcgan" || GetParam().name == "vae_gan");
    EXPECT_FALSE(said({"--precision", "fp32"}));
}

TEST_P(EveryProgram, SaysThatCUDAHasExactConvolutions) {
    std::string why_none;
    if (Device::cuda_devices(&why_none) == 0) GTEST_SKIP() << "no CUDA device: " << why_none;
    const Arguments exact = {"--device", "cuda", "--convolution", "exact", "--dry-run"};
    const std::string said = succeed(training(path("run"), exact)).err;
    EXPECT_NE(said.find("--convolution exact: nothing to do"), std::string::npos) << said;
    Arguments vendor = exact;
    vendor.insert(vendor.end(), {"--engine", "vendor"});
    expect_refused(training(path("run"), vendor), 2, {"--convolution exact", "cuDNN", "--engine vendor"});
}

TEST_P(EveryProgram, RefusesWrongUsage) {
    const auto expect_usage = [&](const Arguments& wrong, std::initializer_list<std::string> parts) {
        expect_refused(training(path("run"), wrong), 2, parts);
    };
    expect_usage({"--batchsize", "32"}, {"unknown option '--batchsize'", "did you mean --batch-size?", "--help"});
    expect_usage({"--zzz"}, {"unknown option '--zzz'; --help"});
    expect_usage({"extra"}, {"unexpected argument 'extra'"});
    expect_usage({"--epochs", "-1"}, {"--epochs", "expected a whole number from 1 to", "'-1'"});
    expect_usage({"--epochs", "2.5"}, {"--epochs", "whole number", "'2.5'"});
    expect_usage({"--batch-size", "0"}, {"--batch-size", "'0'"});
    expect_usage({"--batch-size", "99999999999"}, {"--batch-size", "'99999999999'"});
    expect_usage({"--lr", "0"}, {"--lr", "expected a positive number", "'0'"});
    expect_usage({"--lr", "nan"}, {"--lr", "expected a positive number", "'nan'"});
    expect_usage({"--seed", "-1"}, {"--seed", "'-1'"});
    expect_usage({"--seed", "one"}, {"--seed", "'one'"});
    expect_usage({"--threads", "-2"}, {"--threads", "'-2'"});
    expect_usage({"--size", "5000"}, {"--size", "to 4096", "'5000'"});
    expect_usage({"--channels", "2"}, {"--channels", "2"});
    expect_usage({"--optimizer", "adagrad"}, {"--optimizer", "adagrad", "adamw"});
    expect_usage({"--device", "gpu"}, {"--device", "expected auto, cpu or cuda[:N]", "'gpu'"});
    expect_usage({"--engine", "fast"}, {"--engine", "fast", "vendor"});
    for (const char* steps : {"3", "5:5", "5:2", "-1:3", "a:b", "1:2:3"})
        expect_usage({"--profile-steps", steps}, {"--profile-steps", "expected A:B", std::string("'") + steps + "'"});
    expect_usage({"--trace", "trace.json"}, {"--trace", "expected --profile-steps A:B"});
    const auto expect_no_trace = [&](const std::string& file, std::initializer_list<std::string> parts) {
        expect_usage({"--profile-steps", "1:2", "--trace", file}, parts);
    };
    expect_no_trace(path("no") + "/such/trace.json", {"--trace: there is no folder " + path("no") + "/such"});
    expect_no_trace(data(), {"--trace: expected a file", data() + " is a folder"});
    expect_no_trace("", {"--trace: expected a value, got ''"});
    for (const char* option : {"--config", "--profile-steps", "--device"})
        expect_usage({option, ""}, {option, "expected a value, got ''"});
}

TEST_P(EveryProgram, RefusesToProfileStepsThatItDoesNotTake) {
    const auto expect_none = [&](Arguments arguments, const std::string& steps, const std::string& expected) {
        arguments.insert(arguments.end(), {"--profile-steps", steps});
        expect_refused(arguments, 2, {"--profile-steps: expected " + expected + ", got " + steps});
    };
    expect_none(training(path("run")), "8:10", "steps from 0 to 7, those that this run takes");
    expect_none(training(path("run"), {"--dry-run"}), "1:2", "step 0, the one that --dry-run takes");
    // Another schedule than a constant one looks at the number of epochs.
    succeed(training(path("run"), {"--epochs", "1", "--lr-schedule", "constant"}));
    const auto go_on = [&](const char* epochs) {
        return training(path("run"), {"--resume", "--lr-schedule", "constant", "--epochs", epochs});
    };
    expect_none(go_on("2"), "0:4", "steps from 4 to 7, those that this run takes");
    expect_none(go_on("1"), "0:4", "more --epochs, since this run has no steps left");

    // Of a range that reaches beyond them, those that it takes are profiled.
    Arguments arguments = go_on("2");
    arguments.insert(arguments.end(), {"--profile-steps", "2:100"});
    const Outcome outcome = succeed(arguments);
    EXPECT_NE(outcome.out.find("means of 4 steps"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.err.find("--profile-steps 2:100: this run takes 4:8 of them"), std::string::npos) << outcome.err;
}

TEST_P(EveryProgram, ProfilesTheStepOfADryRun) {
    const Outcome outcome = succeed(training(path("run"), {"--dry-run", "--profile-steps", "0:1"}));
    EXPECT_NE(outcome.out.find("means of 1 step"), std::string::npos) << outcome.out;
}

TEST_P(EveryProgram, RefusesDevicesThatAreNotThere) {
    expect_refused(training(path("run"), {"--device", "cuda:977"}), 4, {"--device cuda:977", "--device cpu"});
    if (Device::cuda_devices() == 0)
        expect_refused(training(path("run"), {"--device", "cuda"}), 4,
                       {"--device cuda: no CUDA device", "--device cpu"});
    expect_refused(training(path("run"), {"--device", "cuda:x"}), 2, {"--device", "cuda:x", "a number"});
    expect_refused(training(path("run"), {"--device", "tpu"}), 2, {"--device", "tpu", "auto, cpu or cuda[:N]"});
    expect_refused(training(path("run"), {"--device", "cpu", "--engine", "vendor"}), 4, {"--engine vendor", "GPU"});
    expect_refused(training(path("run"), {"--device", "cpu", "--precision", "tf32"}), 4, {"--precision tf32", "fp32"});
}

TEST_P(EveryProgram, RefusesMissingData) {
    expect_refused({"--data", path("nowhere"), "--out", path("run")}, 3,
                   {path("nowhere"), "no such folder", "--data says so"});
    fs::create_directories(path("empty"));
    expect_refused({"--data", path("empty"), "--out", path("run")}, 3,
                   {path("empty"), "expected the four files of MNIST", "train-images-idx3-ubyte"});
    expect_refused({"--out", path("run")}, 3, {path("nowhere"), "SINTER_DATA_DIR says so"},
                   {{{"SINTER_DATA_DIR", path("nowhere")}}, {}, 0});
}

TEST_P(EveryProgram, ResumesOnlyARun) {
    fs::create_directories(path("empty"));
    for (const char* folder : {"empty", "missing"}) {
        expect_refused({"--resume", "--out", path(folder), "--data", data()}, 2,
                       {path(folder), "holds no run to resume"});
    }
    expect_refused({"--resume", "--data", data()}, 2, {"--resume", "--out"});
}

// What is neither could be changed on --resume without a word, and the numbers would be those of no single run.
TEST_P(EveryProgram, EveryOptionIsAFactOfTheCheckpointOrMayDifferOnResume) {
    const std::set<std::string> may_differ = {
        // What a run that goes on has no use for.
        "preset", "generator-from", "discriminator-from",
        // How far it goes, where, and what it does on the way.
        "epochs", "max-steps", "max-time", "patience", "device", "engine", "precision", "convolution", "no-capture",
        "threads", "save-every", "sample-every", "measure-every", "test-every", "keep-best", "keep-last", "grid",
        "gif"};
    succeed(training(path("run"), {"--epochs", "1"}));
    const CheckpointFacts facts = read_checkpoint_facts(checkpoint_of(path("run")));
    std::set<std::string> options;
    std::istringstream config(read_text(path("run") + "/config.toml"));
    for (std::string line; std::getline(config, line);) options.insert(line.substr(0, line.find(" = ")));
    EXPECT_EQ(options.erase("program"), 1u);
    for (const std::string& option : options) {
        const auto of_model = GetParam().model_facts.find(option);
        const std::string fact = of_model == GetParam().model_facts.end() ? "--" + option : of_model->second;
        EXPECT_TRUE(may_differ.contains(option) || facts.contains(fact)) << option;
    }
    for (const auto& [option, fact] : GetParam().model_facts)
        EXPECT_TRUE(options.contains(option)) << option << " is no option any more";
}

// The moving average is with dense networks: of the others, the emulated device would draw half a minute.
const Arguments kConvolutional = {"--n-critic", "2", "--flip", "--ema", "0"};
const Arguments kAveraged = {"--n-critic", "2", "--ema", "0.9", "--arch", "dense"};

/// An even game so narrow that the recorded steps hold a player now and then.
const Arguments kBalanced = {"--equilibrium", "0.69", "--margin", "0.01"};

const Arguments kMoved = {"--size", "8", "--flip", "--shift", "2"};

INSTANTIATE_TEST_SUITE_P(
    All, EveryProgram,
    testing::Values(Program{"mnist_vae",
                            SINTER_MNIST_VAE,
                            {"--hidden", "32"},
                            "loss ",
                            {{"arch", "model.arch"},
                             {"size", "model.height"},
                             {"channels", "model.channels"},
                             {"hidden", "model.hidden"},
                             {"base-width", "model.base_width"},
                             {"latent", "model.latent"},
                             {"activation", "model.activation"},
                             {"conditional", "model.classes"},
                             {"likelihood", "model.likelihood"},
                             {"variance", "model.variance"}}},
                    Program{"dcgan",
                            SINTER_DCGAN,
                            {"--base-width", "4", "--grid", "2"},
                            "loss_d ",
                            {{"arch", "model.arch"},
                             {"size", "model.size"},
                             {"channels", "model.channels"},
                             {"latent", "model.latent"},
                             {"base-width", "model.base_width"},
                             {"conditional", "model.classes"},
                             {"discriminator-norm", "model.discriminator_norm"}},
                            {kConvolutional, kAveraged}},
                    Program{"bigan",
                            SINTER_BIGAN,
                            {"--base-width", "2", "--grid", "2"},
                            "loss_d ",
                            {{"arch", "model.arch"},
                             {"encoder", "model.encoder"},
                             {"size", "model.size"},
                             {"channels", "model.channels"},
                             {"latent", "model.latent"},
                             {"base-width", "model.base_width"}}},
                    Program{"vae_gan",
                            SINTER_VAE_GAN,
                            {"--arch", "dense", "--base-width", "4", "--grid", "2"},
                            "kl ",
                            {{"arch", "model.arch"},
                             {"size", "model.size"},
                             {"channels", "model.channels"},
                             {"latent", "model.latent"},
                             {"base-width", "model.base_width"},
                             {"conditional", "model.classes"},
                             {"discriminator-norm", "model.discriminator_norm"},
                             {"feature-layer", "model.feature_layer"}},
                            {kBalanced}},
                    Program{"classifier",
                            SINTER_CLASSIFIER,
                            {},
                            "loss ",
                            {{"arch", "model.arch"}, {"size", "model.height"}, {"channels", "model.channels"}},
                            {Arguments(), kMoved}}),
    [](const auto& program) { return program.param.name; });

}  // namespace
}  // namespace sinter
