// classifier from start to end: training, resumption, evaluation, and judging folders of images.
#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "core/data/formats/digits.h"
#include "core/pictures/png.h"
#include "tests/common/checkpoint_files.h"
#include "tests/programs/program_fixture.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

class ClassifierProgram : public ProgramTest {
protected:
    ClassifierProgram() : ProgramTest(SINTER_CLASSIFIER) {}

    /// The arguments that train on the tiny set: 2 epochs of 4 steps, unless `more` says otherwise.
    Arguments training(const std::string& out, const Arguments& more = {}) const {
        return with_defaults({"--out", out}, {"--data", data(), "--batch-size", "64", "--epochs", "2"}, more);
    }
    Outcome train(const std::string& out, const Arguments& more = {}) const { return succeed(training(out, more)); }
};

TEST_F(ClassifierProgram, WritesARunFolder) {
    const std::string out = path("run");
    const Outcome outcome = train(out);
    EXPECT_NE(outcome.out.find("test accuracy"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.err.find("small classifier of 10 classes with 128 features"), std::string::npos) << outcome.err;
    const std::string config = read_text(out + "/config.toml");
    for (const char* line : {"epochs = 2\n", "batch-size = 64\n", "lr-schedule = \"cosine\"\n", "seed = 1\n"})
        EXPECT_NE(config.find(line), std::string::npos) << line << "is not in\n" << config;

    const auto lines = metrics(out);
    ASSERT_EQ(lines.size(), 4u);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        EXPECT_EQ(lines[i]["step"], i < 2 ? 4 : 8);
        EXPECT_EQ(lines[i]["epoch"], i < 2 ? 1 : 2);
        EXPECT_EQ(lines[i]["split"], i % 2 == 0 ? "train" : "test");
        EXPECT_GT(lines[i]["loss"], 0);
        EXPECT_GT(lines[i]["images_per_second"], 0);
        EXPECT_EQ(lines[i].contains("accuracy"), i % 2 == 1);
    }
    EXPECT_LT(lines[2]["loss"], lines[0]["loss"]) << "the second epoch should be better than the first";
    for (const std::size_t test : {1u, 3u}) {
        // A number of right answers among 40.
        const double right = kTestImages * static_cast<double>(lines[test]["accuracy"]);
        EXPECT_NEAR(right, std::round(right), 1e-9);
        EXPECT_GE(right, 0);
        EXPECT_LE(right, kTestImages);
    }
}

TEST_F(ClassifierProgram, SameSeedGivesTheSameBitsForAnyNumberOfThreads) {
    train(path("reference"));
    for (const char* threads : {"1", "3"}) {
        train(path(threads), {"--threads", threads});
        expect_same_run(path(threads), path("reference"));
    }
    train(path("other"), {"--seed", "2"});
    EXPECT_FALSE(have_same_arrays(path("other"), path("reference")));
}

TEST_F(ClassifierProgram, InterruptedRunGoesOnWithTheSameBits) {
    const Arguments more = {"--epochs", "100", "--save-every", "3", "--size", "8"};
    ASSERT_EQ(start(training(path("reference"), more)).exit_code, 0);
    for (const int signal : {SIGINT, SIGKILL}) {
        const std::string out = path(signal == SIGINT ? "interrupted" : "killed");
        {
            // Its lines of progress do not fit in a short stderr, so it waits rather than coming to its end.
            Process process(command(training(out, more)), in_private({{}, {}, 4096}));
            ASSERT_TRUE(process.wait_until_it_says("epoch  4"));
            process.send(signal);
            const Outcome outcome = process.wait();
            if (signal == SIGINT)
                expect_refusal(outcome, 130, {"interrupted at step", "saved", "--resume --out " + out});
        }
        const Outcome resumed = start({"--resume", "--out", out});
        EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
        EXPECT_NE(resumed.err.find("resuming at step"), std::string::npos) << resumed.err;
        expect_same_run(out, path("reference"));
    }
}

TEST_F(ClassifierProgram, ResumeRefusesOtherOptions) {
    train(path("run"));
    const Snapshot before = snapshot();
    const auto resume = [&](const Arguments& more) {
        Arguments arguments = {"--resume", "--out", path("run")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return start(arguments);
    };
    expect_refusal(resume({"--seed", "2"}), 2, {"--resume", "--seed", "'1'", "'2'"});
    // The schedule knows the end of the run.
    expect_refusal(resume({"--epochs", "3"}), 2, {"--resume", "'cosine over 2 epochs'", "'cosine over 3 epochs'"});
    EXPECT_EQ(snapshot(), before);
}

TEST_F(ClassifierProgram, RefusesDataWithoutClasses) {
    write_mnist(path("one-class"), noise_images(20, 5, 28, 28));
    expect_refusal(start({"--data", path("one-class"), "--out", path("run")}), 3, {"one-class", "all of one class"});
    DataSplits tiny = make_digits(20, 5);
    for (ImageSet* set : {&tiny.train, &tiny.test}) {
        set->height = set->width = 4;
        set->pixels.resize(static_cast<std::size_t>(16 * set->count));
    }
    write_mnist(path("4x4"), tiny);
    expect_refusal(start({"--data", path("4x4"), "--out", path("run")}), 2, {"at least 8x8 pixels", "4x4"});
    EXPECT_FALSE(fs::exists(path("run")));
}

/// Images [first, first + count) of a set as PNG files in a folder.
void write_pngs(const fs::path& folder, const ImageSet& images, std::int64_t first, std::int64_t count) {
    fs::create_directories(folder);
    const auto bytes = static_cast<std::size_t>(images.bytes_per_image());
    const GridLayout alone{.count = 1, .height = images.height, .width = images.width, .columns = 1, .padding = 0};
    for (std::int64_t i = first; i < first + count; ++i) {
        const std::span<const std::uint8_t> image =
            std::span(images.pixels).subspan(static_cast<std::size_t>(i) * bytes, bytes);
        write_png_grid(folder / (std::to_string(i) + ".png"), image, alone);
    }
}

TEST_F(ClassifierProgram, TheDeepArchitectureHasARecipeOfItsOwn) {
    const Arguments deep = {"--arch", "deep", "--size", "8", "--warmup-steps", "2"};
    const Outcome outcome = train(path("run"), deep);
    EXPECT_NE(outcome.err.find("deep classifier of 10 classes with 128 features"), std::string::npos) << outcome.err;
    const std::string config = read_text(path("run") + "/config.toml");
    for (const char* line : {"arch = \"deep\"\n", "optimizer = \"sgd\"\n", "lr = 0.1\n", "shift = 1\n",
                             "flip = false\n", "warmup-steps = 2\n"})
        EXPECT_NE(config.find(line), std::string::npos) << line << "is not in\n" << config;
    train(path("again"), with_defaults({"--threads", "1"}, {}, deep));
    expect_same_run(path("again"), path("run"));
    const Outcome evaluated = start({"--evaluate", path("run"), "--data", data()});
    ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
    EXPECT_EQ(nlohmann::json::parse(evaluated.out)["accuracy"], metrics(path("run")).back()["accuracy"]);

    train(path("still"), with_defaults({"--shift", "0"}, {}, deep));
    EXPECT_FALSE(have_same_arrays(path("still"), path("run")));
    train(path("colour"), with_defaults({"--channels", "3"}, {}, deep));
    EXPECT_NE(read_text(path("colour") + "/config.toml").find("flip = true\n"), std::string::npos);
    train(path("unflipped"), with_defaults({"--channels", "3", "--flip=false"}, {}, deep));
    EXPECT_FALSE(have_same_arrays(path("unflipped"), path("colour")));
    expect_refusal(start(training(path("far"), {"--shift", "28"})), 2, {"--shift 28", "28 pixels long"});
}

TEST_F(ClassifierProgram, RunsOfATimeWithOneArchitectureAreSmall) {
    train(path("reference"), {"--epochs", "2"});
    train(path("run"), {"--epochs", "2"});
    make_older(path("run"), [](SafetensorsMetadata& facts) {
        for (const char* fact : {"model.arch", "--flip", "--shift", "--add", "--added-only", "--labels-per-class"})
            ASSERT_EQ(facts.erase(fact), 1u) << fact;
    });
    const Outcome evaluated = start({"--evaluate", path("run"), "--data", data()});
    ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
    EXPECT_EQ(nlohmann::json::parse(evaluated.out)["loss"], metrics(path("reference")).back()["loss"]);
    const auto resume = [&](const Arguments& more) {
        return start(with_defaults({"--resume", "--out", path("run")}, {}, more));
    };
    EXPECT_EQ(resume({}).exit_code, 0);
    expect_refusal(resume({"--flip"}), 2, {"--flip", "'false'", "'true'"});
    expect_refusal(resume({"--labels-per-class", "3"}), 2, {"--labels-per-class", "'0'", "'3'"});
}

TEST_F(ClassifierProgram, TestsAsOftenAsItIsAsked) {
    train(path("run"), {"--epochs", "5", "--test-every", "2"});
    std::vector<int> tested;
    for (const auto& line : metrics(path("run")))
        if (line["split"] == "test") tested.push_back(line["epoch"]);
    EXPECT_EQ(tested, (std::vector<int>{2, 4, 5}));
    train(path("often"), {"--epochs", "5"});
    EXPECT_EQ(metrics(path("often")).back()["loss"], metrics(path("run")).back()["loss"]) << "tests change nothing";
}

TEST_F(ClassifierProgram, TrainsOnFewLabels) {
    const Arguments few = {"--labels-per-class", "3", "--batch-size", "10"};
    const Outcome outcome = train(path("run"), few);
    EXPECT_NE(outcome.err.find("training on 30 of its 200 images, 3 of each class"), std::string::npos) << outcome.err;
    EXPECT_EQ(metrics(path("run")).back()["step"], 6) << "three steps an epoch";
    EXPECT_EQ(SafetensorsFile::open(checkpoint_of(path("run"))).metadata().at("--labels-per-class"), "3");
    // It still is the data that it was trained on, and all of its test images.
    const Outcome evaluated = start({"--evaluate", path("run")});
    ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
    EXPECT_EQ(nlohmann::json::parse(evaluated.out)["images"], kTestImages);
    EXPECT_FALSE(nlohmann::json::parse(evaluated.out).contains("warning"));
    expect_refusal(start(training(path("many"), {"--labels-per-class", "100"})), 3,
                   {"100 training images of each class", "of class 0"});
}

TEST_F(ClassifierProgram, TrainsOnAddedImages) {
    const ImageSet more = make_digits(300, 1).train;
    for (std::int64_t i = 200; i < 240; ++i) write_pngs(path("more/" + std::to_string(more.labels[i])), more, i, 1);
    const Arguments few = {"--labels-per-class", "3", "--batch-size", "10"};
    const Arguments add = with_defaults({"--add", path("more")}, {}, few);
    const Outcome outcome = train(path("run"), add);
    EXPECT_NE(outcome.err.find("adding 40 images of " + path("more")), std::string::npos) << outcome.err;
    EXPECT_EQ(metrics(path("run")).back()["step"], 14) << "30 + 40 images are seven steps an epoch";
    train(path("alone"), with_defaults({"--added-only"}, {}, add));
    EXPECT_EQ(metrics(path("alone")).back()["step"], 8);

    // Goes on with the same images, whatever the folder is called, and with no others.
    const auto resume = [&](const Arguments& arguments) {
        return start(with_defaults({"--resume", "--out", path("run")}, {}, arguments));
    };
    EXPECT_EQ(resume({}).exit_code, 0);
    fs::rename(path("more"), path("moved"));
    EXPECT_EQ(resume({"--add", path("moved")}).exit_code, 0);
    fs::remove(path("moved/3") + "/" + fs::directory_iterator(path("moved/3"))->path().filename().string());
    expect_refusal(resume({"--add", path("moved")}), 2, {"--add", "40 images", "39 images"});

    const Snapshot before = snapshot();
    const auto refuse = [&](const Arguments& arguments, int code, std::initializer_list<std::string> parts) {
        expect_refusal(start(training(path("none"), arguments)), code, parts);
    };
    refuse({"--added-only"}, 2, {"--added-only", "--add"});
    refuse({"--add", path("missing")}, 3, {path("missing")});
    refuse({"--add", path("digits-tiny")}, 3, {path("digits-tiny"), "folder of image files", "for each class"});
    EXPECT_EQ(snapshot(), before);
    write_pngs(path("moved/ten"), more, 0, 1);
    refuse({"--add", path("moved")}, 3, {path("moved"), "data's classes (0, 1, 2", "found 'ten'"});
}

TEST_F(ClassifierProgram, EvaluateReproducesTheRun) {
    // With --size it is the checkpoint that knows the size of its images.
    for (const Arguments& size : {Arguments{}, {"--size", "20", "--channels", "3"}}) {
        const std::string run = path(size.empty() ? "run" : "fitted");
        train(run, size);
        const Outcome outcome = start({"--evaluate", checkpoint_of(run), "--data", data()});
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        const auto line = nlohmann::json::parse(outcome.out);
        EXPECT_EQ(line["split"], "test");
        EXPECT_EQ(line["images"], kTestImages);
        EXPECT_EQ(line["loss"], metrics(run).back()["loss"]);
        EXPECT_EQ(line["accuracy"], metrics(run).back()["accuracy"]);
    }
    EXPECT_FALSE(have_same_arrays(path("run"), path("fitted")));
}

TEST_F(ClassifierProgram, ARunWhoseLastStepDivergedDoesNotSucceed) {
    const Outcome outcome = start(training(path("run"), {"--batch-size", "256", "--epochs", "1", "--lr", "1e39"}));
    expect_refusal(outcome, 5, {"diverged at step 1", "NaN or infinity in parameter"});
    EXPECT_EQ(outcome.out, "");
}

TEST_F(ClassifierProgram, DoesNotTrustTheCheckpoint) {
    train(path("run"));
    const SafetensorsFile good = SafetensorsFile::open(checkpoint_of(path("run")));
    const auto expect_facts_refused = [&](const SafetensorsMetadata& changes,
                                          std::initializer_list<std::string> parts) {
        SafetensorsMetadata facts = good.metadata();
        for (const auto& [name, value] : changes) facts[name] = value;
        const std::string bad = path("bad.safetensors");
        write_with_facts(bad, good.entries(), facts);
        expect_refusal(start({"--evaluate", bad, "--data", data()}), 3, {bad});
        expect_refusal(start({"--evaluate", bad, "--data", data()}), 3, parts);
    };
    expect_facts_refused({{"model", "vae"}}, {"expected a checkpoint of a classifier", "'vae'"});
    expect_facts_refused({{"model.classes", "11"}}, {"head.logits.weight", "[11, 128]", "[10, 128]"});
    expect_facts_refused({{"model.features", "many"}}, {"model.features", "'many'"});
    expect_facts_refused({{"model.height", "7"}}, {"model.height", "'7'"});
    expect_facts_refused({{"judge.task", "taste"}}, {"judge.task", "'taste'"});
    // A model of terabytes must be refused before it is made.
    expect_facts_refused({{"model.height", "1024"}, {"model.width", "1024"}, {"model.features", "4096"}},
                         {"cannot hold"});

    // Weights that are no numbers give features and losses that are none.
    const std::string infinite = path("infinite.safetensors");
    std::vector<SafetensorsEntry> entries(good.entries().begin(), good.entries().end());
    std::size_t largest = 0;
    for (const SafetensorsEntry& entry : entries) largest = std::max(largest, entry.data.size());
    const std::vector<std::uint32_t> nan(largest / 4, 0x7fc00000u);
    for (SafetensorsEntry& entry : entries) entry.data = std::as_bytes(std::span(nan)).first(entry.data.size());
    write_with_facts(infinite, entries, good.metadata());
    expect_refusal(start({"--evaluate", infinite, "--data", data()}), 3, {infinite, "finite features"});
}

TEST_F(ClassifierProgram, SaysThatJudgingIsNowAProgramOfItsOwn) {
    expect_refusal(start({"--judge", path("drawn"), "--checkpoint", path("run"), "--data", data()}), 2,
                   {"./run measure --images " + path("drawn"), "--data " + data(), "--classifier " + path("run")});
    expect_refusal(start({"--judge", path("drawn")}), 2, {"--data DATA --classifier CHECKPOINT"});
}

}  // namespace
}  // namespace sinter
