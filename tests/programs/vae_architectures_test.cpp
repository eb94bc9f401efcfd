// mnist_vae --arch conv, --arch dcgan and --conditional: the same promises as for the dense model, also on images that
// are not square, and images drawn by --sample.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "core/data/formats/digits.h"
#include "core/data/formats/image_folder.h"
#include "tests/common/checkpoint_files.h"
#include "tests/programs/sampled_images.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

class VaeArchitectures : public VaeProgram {
protected:
    /// Two epochs of two steps on images of 14x14, where convolutions are quick.
    Arguments small(const std::string& out, const Arguments& more = {}) const {
        return with_defaults({"--data", data(), "--out", out},
                             {"--size", "14", "--arch", "conv", "--batch-size", "100", "--epochs", "2"}, more);
    }
    Outcome train_small(const std::string& out, const Arguments& more = {}) const { return succeed(small(out, more)); }

    std::vector<std::string> files(const std::string& folder) const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(path(folder))) names.push_back(entry.path().filename());
        std::sort(names.begin(), names.end());
        return names;
    }
};

TEST_F(VaeArchitectures, ConvTrainsAndDrawsItsManifold) {
    const Outcome outcome = train_small(path("run"));
    EXPECT_NE(outcome.err.find("convolutional VAE 14x14x1, 32 channels, latent 2"), std::string::npos) << outcome.err;
    const auto lines = metrics(path("run"));
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_LT(lines[3]["loss"], 0.99 * 196 * 0.6931) << "no better than knowing nothing";
    EXPECT_EQ(png_size(path("run") + "/samples/epoch-002.png"), std::pair(side(10, 56), side(10, 56)));
    EXPECT_EQ(png_size(path("run") + "/samples/manifold.png"), std::pair(side(20, 56), side(20, 56)));
    const std::string config = read_text(path("run") + "/config.toml");
    for (const char* line : {"arch = \"conv\"\n", "latent = 2\n", "size = \"14\"\n"})
        EXPECT_NE(config.find(line), std::string::npos) << line << "is not in\n" << config;
}

TEST_F(VaeArchitectures, ConvGivesTheSameBitsForAnyNumberOfThreadsAndInterruptedOrNot) {
    for (const Arguments& model : {Arguments{"--arch", "conv"}, {"--arch", "conv", "--conditional"}}) {
        SCOPED_TRACE(model.back());
        const std::string reference = path("reference" + model.back()), resumed = path("resumed" + model.back());
        train_small(reference, model);
        Arguments first = model;
        first.insert(first.end(), {"--epochs", "1", "--threads", "1"});
        train_small(resumed, first);
        ASSERT_EQ(vae({"--resume", "--out", resumed, "--epochs", "2", "--threads", "3"}).exit_code, 0);
        expect_same_run(resumed, reference);
    }
}

TEST_F(VaeArchitectures, DcganTrainsDrawsAndGoesOnWithTheStatisticsOfItsTraining) {
    const Arguments model = {"--arch", "dcgan", "--size", "16", "--base-width", "2", "--latent", "4"};
    const auto more = [&](const Arguments& others) {
        Arguments arguments = model;
        arguments.insert(arguments.end(), others.begin(), others.end());
        return arguments;
    };
    const Outcome outcome = train_small(path("run"), model);
    EXPECT_NE(outcome.err.find("DCGAN-shaped VAE 16x16x1, base width 2, latent 4"), std::string::npos) << outcome.err;
    // Tests and pictures between the epochs leave them alone; and they do not count the images of a batch.
    train_small(path("blind"), more({"--sample-every", "0", "--epochs", "1", "--threads", "1"}));
    ASSERT_EQ(vae({"--resume", "--out", path("blind"), "--epochs", "2"}).exit_code, 0);
    expect_same_run(path("blind"), path("run"));
    const Outcome evaluated = vae({"--evaluate", path("run"), "--out", path("pictures")});
    EXPECT_EQ(nlohmann::json::parse(evaluated.out)["loss"], metrics(path("run")).back()["loss"]) << evaluated.err;
    EXPECT_EQ(read_text(path("pictures/samples.png")), read_text(path("run/samples/epoch-002.png")));
    ASSERT_EQ(vae({"--sample", path("run"), "1", "--out", path("drawn")}).exit_code, 0);
    EXPECT_EQ(png_size(path("drawn/00000.png")), std::pair(16, 16));
    // 201 images are two batches: the last image alone would have no statistics.
    write_mnist(path("odd"), make_digits(201, 10));
    succeed(with_defaults({"--data", path("odd"), "--out", path("of-odd"), "--epochs", "1", "--batch-size", "100"}, {},
                          model));
    EXPECT_EQ(metrics(path("of-odd")).front()["step"], 2);
}

TEST_F(VaeArchitectures, DenseAndConvTakeImagesThatAreNotSquare) {
    for (const char* architecture : {"dense", "conv"}) {
        SCOPED_TRACE(architecture);
        const std::string run = path(architecture), resumed = run + "-resumed", drawn = run + "-drawn";
        const Arguments wide = {"--arch", architecture, "--size", "24x16", "--latent", "2"};
        train_small(run, wide);
        train_small(resumed, with_defaults({"--epochs", "1"}, {}, wide));
        ASSERT_EQ(vae({"--resume", "--out", resumed, "--epochs", "2"}).exit_code, 0);
        expect_same_run(resumed, run);
        EXPECT_EQ(png_size(run + "/samples/epoch-002.png"), std::pair(side(10, 48), side(10, 32)));
        EXPECT_EQ(png_size(run + "/samples/manifold.png"), std::pair(side(20, 48), side(20, 32)));
        const Outcome evaluated = vae({"--evaluate", run, "--out", run + "-pictures"});
        EXPECT_EQ(nlohmann::json::parse(evaluated.out)["loss"], metrics(run).back()["loss"]) << evaluated.err;
        ASSERT_EQ(vae({"--sample", run, "1", "--out", drawn}).exit_code, 0);
        EXPECT_EQ(png_size(drawn + "/00000.png"), std::pair(24, 16));
    }
}

TEST_F(VaeArchitectures, ConvIsInterruptedAndGoesOn) {
    train_small(path("reference"), {"--epochs", "6", "--batch-size", "20"});
    Process process(command(small(path("run"), {"--epochs", "6", "--batch-size", "20"})), in_private());
    ASSERT_TRUE(process.wait_until_it_says("first step"));
    process.send(SIGINT);
    const Outcome interrupted = process.wait();
    ASSERT_EQ(interrupted.exit_code, 130) << interrupted.err;
    ASSERT_EQ(vae({"--resume", "--out", path("run")}).exit_code, 0);
    expect_same_run(path("run"), path("reference"));
}

TEST_F(VaeArchitectures, EvaluateNeedsTheCheckpointAndTheDataOnly) {
    for (const Arguments& model :
         {Arguments{"--arch", "conv"}, {"--arch", "dense", "--conditional", "--latent", "2", "--channels", "3"}}) {
        const std::string run = path("run-" + model[1]), pictures = path("pictures-" + model[1]);
        train_small(run, model);
        const Outcome outcome = vae({"--evaluate", checkpoint_of(run), "--data", data(), "--out", pictures});
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        const double expected = metrics(run).back()["loss"];
        EXPECT_NEAR(nlohmann::json::parse(outcome.out)["loss"], expected, 0.02 * expected);
        EXPECT_EQ(read_text(pictures + "/samples.png"), read_text(run + "/samples/epoch-002.png"));
    }
    EXPECT_EQ(files("pictures-conv"),
              (std::vector<std::string>{"interpolations.png", "manifold.png", "reconstructions.png", "samples.png"}));
    EXPECT_EQ(files("pictures-dense").size(), 10 + 3u) << "a manifold for each class";
}

TEST_F(VaeArchitectures, ConditionalSamplesHaveAColumnForEachClass) {
    DataSplits set = noise_images(60, 20, 28, 28);
    for (std::size_t i = 0; i < set.train.labels.size(); ++i) set.train.labels[i] = i % 3;
    for (std::size_t i = 0; i < set.test.labels.size(); ++i) set.test.labels[i] = i % 3;
    write_mnist(path("three"), set);
    succeed({"--data", path("three"), "--out", path("run"), "--epochs", "2", "--hidden", "32", "--conditional"});
    EXPECT_EQ(png_size(path("run") + "/samples/epoch-002.png"), std::pair(side(3, 56), side(10, 56)));
    const Outcome outcome = vae({"--evaluate", checkpoint_of(path("run")), "--data", data()});
    expect_refusal(outcome, 3, {"knows 3 classes", "has 10", "--data"});
}

TEST_F(VaeArchitectures, SampleDrawsAsManyImagesAsAskedFor) {
    train_small(path("run"), {"--conditional"});
    const auto sample = [&](const char* count, const std::string& out, const Arguments& more = {}) {
        Arguments arguments = {"--sample", checkpoint_of(path("run")), count, "--out", path(out)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return vae(arguments);
    };
    ASSERT_EQ(sample("103", "many").exit_code, 0);
    ASSERT_EQ(files("many").size(), 103u);
    EXPECT_EQ(files("many").front(), "00000-0.png");
    EXPECT_EQ(files("many").back(), "00102-2.png") << "the classes in turn";
    EXPECT_EQ(png_size(path("many") + "/00102-2.png"), std::pair(14, 14));
    ASSERT_EQ(sample("11", "few").exit_code, 0);
    for (const std::string& name : files("few"))
        EXPECT_EQ(read_text(path("few") + "/" + name), read_text(path("many") + "/" + name)) << name;
    ASSERT_EQ(sample("1", "other", {"--seed", "2"}).exit_code, 0);
    EXPECT_NE(read_text(path("other") + "/00000-0.png"), read_text(path("few") + "/00000-0.png"));

    const Snapshot before = snapshot();
    expect_refusal(sample("5", "few"), 2, {"--sample", path("few"), "not empty"});
    expect_refusal(vae({"--sample", checkpoint_of(path("run")), "5"}), 2, {"--sample", "--out"});
    expect_refusal(sample("0", "none"), 2, {"--sample", "'0'"});
    expect_refusal(vae({"--sample", path("missing"), "5", "--out", path("none")}), 3, {path("missing")});
    expect_refusal(sample("5", "none", {"--class", "ten"}), 2, {"--class", "no class 'ten'", "0, 1, 2", "0 to 9"});
    expect_refusal(sample("5", "none", {"--class", "10"}), 2, {"no class '10'"});
    expect_refusal(sample("5", "none", {"--class", "-1"}), 2, {"no class '-1'"});
    expect_refusal(sample("5", "none", {"--class", "1", "--by-class"}), 2, {"--class and --by-class"});
    expect_refusal(vae({"--class", "1"}), 2, {"--class", "--sample"});
    expect_refusal(vae({"--by-class"}), 2, {"--by-class", "--sample"});
    EXPECT_EQ(snapshot(), before);
}

TEST_F(VaeArchitectures, SampleDrawsOneClass) {
    train_small(path("run"), {"--conditional"});
    const auto sample = [&](const std::string& out, const Arguments& more) {
        ASSERT_EQ(
            vae(with_defaults({"--sample", checkpoint_of(path("run")), "12", "--out", path(out)}, {}, more)).exit_code,
            0);
    };
    sample("all", {});
    sample("threes", {"--class", "3"});
    ASSERT_EQ(files("threes").size(), 12u);
    EXPECT_EQ(files("threes").front(), "00000-3.png");
    EXPECT_EQ(files("threes").back(), "00011-3.png");
    // The codes are the same, whatever the class.
    EXPECT_EQ(read_text(path("threes") + "/00003-3.png"), read_text(path("all") + "/00003-3.png"));
    EXPECT_NE(read_text(path("threes") + "/00004-3.png"), read_text(path("all") + "/00004-4.png"));
}

TEST_F(VaeArchitectures, SampleByClassWritesWhatAnImageFolderIs) {
    // Classes with names that cannot all be those of folders.
    DataSplits set = make_digits(60, 20);
    for (ImageSet* split : {&set.train, &set.test}) {
        for (std::uint8_t& label : split->labels) label %= 3;
        split->classes = 3;
    }
    write_mnist(path("three"), set);
    succeed({"--data", path("three"), "--out", path("run"), "--epochs", "1", "--hidden", "16", "--conditional"});
    const SafetensorsFile file = SafetensorsFile::open(checkpoint_of(path("run")));
    SafetensorsMetadata facts = file.metadata();
    facts["model.class_names"] = R"(["shirt/top","..","trouser"])";
    write_with_facts(path("named.safetensors"), file.entries(), facts);
    ASSERT_EQ(vae({"--sample", path("named.safetensors"), "12", "--out", path("all")}).exit_code, 0);
    const Outcome outcome = vae({"--sample", path("named.safetensors"), "40", "--by-class", "--out", path("drawn")});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("120 images"), std::string::npos) << outcome.out;

    // They are the images of all classes in turn, sorted.
    EXPECT_EQ(read_text(path("drawn") + "/shirt%2Ftop/00002.png"), read_text(path("all") + "/00006-0.png"));
    EXPECT_EQ(read_text(path("drawn") + "/trouser/00003.png"), read_text(path("all") + "/00011-2.png"));
    const DataSplits read = load_image_folder(path("drawn"), {.place = ImageRequest::Place::memory}, {});
    EXPECT_EQ(read.class_names, (std::vector<std::string>{"%2E.", "shirt%2Ftop", "trouser"}));
    EXPECT_EQ(read.train.count + read.test.count, 120);
    EXPECT_EQ(std::count(read.train.labels.begin(), read.train.labels.end(), 0) +
                  std::count(read.test.labels.begin(), read.test.labels.end(), 0),
              40);

    EXPECT_EQ(
        vae({"--sample", path("named.safetensors"), "1", "--class", "shirt/top", "--out", path("by-name")}).exit_code,
        0);
    facts["model.class_names"] = R"(["a","b"])";
    write_with_facts(path("bad.safetensors"), file.entries(), facts);
    expect_refusal(vae({"--sample", path("bad.safetensors"), "1", "--out", path("none")}), 3,
                   {"3 classes", "found 2", "damaged"});
}

TEST_F(VaeArchitectures, AskingForClassesNeedsAConditionalModel) {
    train_small(path("run"));
    const Snapshot before = snapshot();
    for (const Arguments& wish : {Arguments{"--class", "3"}, Arguments{"--by-class"}}) {
        Arguments arguments = {"--sample", checkpoint_of(path("run")), "5", "--out", path("none")};
        arguments.insert(arguments.end(), wish.begin(), wish.end());
        expect_refusal(vae(arguments), 2, {wish.front(), "not conditional"});
    }
    EXPECT_EQ(snapshot(), before);
}

TEST_F(VaeArchitectures, SampleDrawsOtherImagesThanTheGridOfTheRun) {
    for (const Arguments& more : {Arguments{}, Arguments{"--conditional"}}) {
        const std::string run = path(more.empty() ? "run" : "conditional");
        succeed(training(run, more));
        ASSERT_EQ(vae({"--sample", run, "200", "--out", run + "/drawn"}).exit_code, 0);
        expect_no_image_of_grid(run + "/drawn", run + "/samples/epoch-002.png", 28);
    }
}

TEST_F(VaeArchitectures, RefusesWhatDoesNotFit) {
    const Snapshot before = snapshot();
    const auto refuse = [&](const Arguments& more, std::initializer_list<std::string> parts) {
        SCOPED_TRACE(testing::PrintToString(more));
        expect_refusal(vae(small(path("run"), more)), 2, parts);
        EXPECT_EQ(snapshot(), before);
    };
    refuse({"--hidden", "200"}, {"--hidden", "--arch conv", "--arch dense"});
    refuse({"--activation", "tanh"}, {"--activation", "--arch conv", "--arch dense"});
    refuse({"--arch", "convolutional"}, {"--arch"});
    refuse({"--size", "30"}, {"30x30 become 15x15", "dense"});
    refuse({"--channels", "2"}, {"--channels"});
    refuse({"--base-width", "8"}, {"--base-width", "--arch conv", "--arch dcgan"});
    refuse({"--arch", "dcgan", "--hidden", "200"}, {"--hidden", "--arch dcgan"});
    refuse({"--arch", "dcgan", "--size", "48x32"}, {"square", "48x32", "dense"});
    refuse({"--arch", "dcgan", "--size", "48"}, {"16, 28, 32, 64, 128 or 256", "48"});
    refuse({"--arch", "dcgan", "--size", "16", "--batch-size", "1"}, {"--batch-size 1", "batch normalisation"});
    refuse({"--evaluate", "a", "--sample", "b", "1"}, {"--evaluate", "--sample"});
}

TEST_F(VaeArchitectures, ResumeRefusesAnotherArchitecture) {
    train_small(path("run"));
    const Snapshot before = snapshot();
    expect_refusal(vae({"--resume", "--out", path("run"), "--epochs", "3", "--arch", "dense"}), 2,
                   {"--resume", "model.arch", "'conv'", "'dense'"});
    EXPECT_EQ(snapshot(), before);
}

}  // namespace
}  // namespace sinter
