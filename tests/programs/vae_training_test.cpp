// mnist_vae from start to end: what a run writes, that it repeats to the bit, and that every option has its effect.
#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

TEST_F(VaeProgram, WritesARunFolder) {
    const std::string out = path("run");
    const Outcome outcome = train(out);
    EXPECT_NE(outcome.out.find("test loss"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.err.find("because --data says so"), std::string::npos) << "progress belongs on stderr";

    const std::string config = read_text(out + "/config.toml");
    for (const char* line :
         {"epochs = 2\n", "batch-size = 64\n", "lr = 0.001\n", "seed = 1\n", "optimizer = \"adam\"\n",
          "hidden = [32]\n", "latent = 20\n", "beta = 1.0\n", "likelihood = \"bernoulli\"\n"}) {
        EXPECT_NE(config.find(line), std::string::npos) << line << "is not in\n" << config;
    }

    const auto lines = metrics(out);
    ASSERT_EQ(lines.size(), 4u);
    const std::vector<std::string> keys = {"step",   "epoch", "split", "loss", "recon", "kl", "images_per_second",
                                           "seconds"};
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::vector<std::string> found;
        for (const auto& [key, value] : lines[i].items()) found.push_back(key);
        EXPECT_EQ(found, keys);
        EXPECT_EQ(lines[i]["step"], i < 2 ? 4 : 8);
        EXPECT_EQ(lines[i]["epoch"], i < 2 ? 1 : 2);
        EXPECT_EQ(lines[i]["split"], i % 2 == 0 ? "train" : "test");
        const double loss = lines[i]["loss"], recon = lines[i]["recon"], kl = lines[i]["kl"];
        EXPECT_NEAR(loss, recon + kl, 1e-4 * loss);
        EXPECT_GT(kl, 0);
        EXPECT_GT(lines[i]["images_per_second"], 0);
        EXPECT_GT(lines[i]["seconds"], 0);
    }
    // 784 pixels at ln 2 each are what a model that knows nothing pays.
    EXPECT_LT(lines[3]["loss"], 784 * 0.6931);
    EXPECT_LT(lines[3]["loss"], lines[1]["loss"]) << "the second epoch should be better than the first";

    for (const char* epoch : {"epoch-001.png", "epoch-002.png"}) {
        EXPECT_EQ(png_size(fs::path(out) / "samples" / epoch), std::pair(side(10, 56), side(10, 56)));
        EXPECT_EQ(png_size(fs::path(out) / "reconstructions" / epoch), std::pair(side(10, 56), side(8, 56)));
    }
    EXPECT_EQ(png_size(out + "/samples/interpolations.png"), std::pair(side(12, 56), side(8, 56)));
    EXPECT_NO_THROW(SafetensorsFile::open(checkpoint_of(out)));
}

TEST_F(VaeProgram, SameSeedGivesTheSameBitsForAnyNumberOfThreads) {
    train(path("reference"));
    train(path("again"));
    expect_same_run(path("again"), path("reference"));
    for (const char* threads : {"1", "2", "3"}) {
        train(path(threads), {"--threads", threads});
        expect_same_run(path(threads), path("reference"));
    }
    train(path("other"), {"--seed", "2"});
    EXPECT_FALSE(have_same_arrays(path("other"), path("reference")));
}

TEST_F(VaeProgram, ConfigOfARunReproducesIt) {
    train(path("reference"), {"--lr", "0.0123", "--latent", "7", "--hidden", "40,24", "--beta", "0.5", "--seed", "9",
                              "--optimizer", "rmsprop", "--lr-schedule", "cosine", "--kl-warmup", "1.5"});
    const Outcome outcome = vae({"--config", path("reference") + "/config.toml", "--out", path("again")});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    expect_same_run(path("again"), path("reference"));
    EXPECT_EQ(read_text(path("again") + "/config.toml"), read_text(path("reference") + "/config.toml"));
}

TEST_F(VaeProgram, EveryOptionOfTrainingHasItsEffect) {
    train(path("reference"));
    const std::vector<Arguments> options = {{"--likelihood", "gaussian"},
                                            {"--hidden", "64,32"},
                                            {"--activation", "tanh"},
                                            {"--beta", "4"},
                                            {"--kl-warmup", "2"},
                                            {"--optimizer", "adamw", "--weight-decay", "0.1"},
                                            {"--optimizer", "rmsprop"},
                                            {"--optimizer", "sgd", "--lr", "1e-5"},
                                            {"--l1", "1e-3"},
                                            {"--optimizer", "adamw", "--l1", "1e-3"},
                                            {"--lr-schedule", "cosine"},
                                            {"--lr-schedule", "step"},
                                            {"--warmup-steps", "4"},
                                            {"--clip-norm", "0.5"}};
    for (std::size_t i = 0; i < options.size(); ++i) {
        SCOPED_TRACE(options[i][0] + " " + options[i][1]);
        const std::string out = path("option-" + std::to_string(i));
        train(out, options[i]);
        EXPECT_FALSE(have_same_arrays(out, path("reference")));
        for (const auto& line : metrics(out)) EXPECT_TRUE(line["loss"].is_number()) << line;
    }
}

TEST_F(VaeProgram, DrawsTheManifoldOfTwoLatentNumbers) {
    train(path("run"), {"--latent", "2"});
    EXPECT_EQ(png_size(path("run") + "/samples/manifold.png"), std::pair(side(20, 56), side(20, 56)));
}

TEST_F(VaeProgram, PicturesAndCheckpointsComeAsOftenAsAsked) {
    train(path("run"), {"--epochs", "5", "--sample-every", "2"});
    for (const auto& [epoch, expected] : {std::pair(1, false), {2, true}, {3, false}, {4, true}, {5, true}}) {
        const std::string name = "epoch-00" + std::to_string(epoch) + ".png";
        EXPECT_EQ(fs::exists(fs::path(path("run")) / "samples" / name), expected) << name;
        EXPECT_EQ(fs::exists(fs::path(path("run")) / "reconstructions" / name), expected) << name;
    }
}

TEST_F(VaeProgram, TakesOddSizes) {
    train(path("large-batch"), {"--batch-size", "1000"});
    EXPECT_EQ(metrics(path("large-batch")).back()["step"], 2) << "one step an epoch";

    write_mnist(path("few"), noise_images(5, 3, 28, 28));
    write_mnist(path("one"), noise_images(1, 1, 28, 28));
    write_mnist(path("3x5"), noise_images(33, 7, 3, 5));
    const auto train_on = [&](const char* set, const char* batch) {
        const std::string out = path(std::string("run-") + set);
        const Outcome outcome =
            vae({"--data", path(set), "--out", out, "--batch-size", batch, "--epochs", "2", "--hidden", "17"});
        if (outcome.exit_code != 0) throw std::runtime_error(outcome.err);
        return out;
    };
    EXPECT_EQ(metrics(train_on("few", "1")).back()["step"], 10);
    EXPECT_EQ(metrics(train_on("one", "128")).back()["step"], 2);
    const std::string small = train_on("3x5", "8");
    // 56 / 5 = 11 times as large, so that one can see something.
    EXPECT_EQ(png_size(small + "/samples/epoch-002.png"), std::pair(side(10, 55), side(10, 33)));
}

TEST_F(VaeProgram, TrainsOnTheEmbeddedDigits) {
    const std::string out = path("digits");
    const Outcome outcome = vae({"--data", "digits", "--epochs", "1", "--hidden", "64", "--out", out});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("60000 + 10000 images of 28 x 28"), std::string::npos) << outcome.err;
    // 206 nats are what a model with no code at all, the mean image, pays on this kind of data.
    EXPECT_LT(metrics(out).back()["loss"], 160);
}

TEST_F(VaeProgram, ATraceThatCannotBeWrittenInTheEndIsAWarning) {
    // A place that is free at the start and then the run's folder.
    const Outcome outcome = train(path("run"), {"--profile-steps", "1:2", "--trace", path("run")});
    EXPECT_NE(outcome.err.find("warning: "), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("Cannot write " + path("run")), std::string::npos) << outcome.err;
    EXPECT_TRUE(std::filesystem::exists(path("run") + "/checkpoints/last.safetensors"));
}

TEST_F(VaeProgram, ProfilesTheStepsAskedFor) {
    const Outcome outcome = train(path("run"), {"--profile-steps", "1:4"});
    for (const char* part : {"means of 3 steps", "batch", "forward", "backward", "optimizer", "step"})
        EXPECT_NE(outcome.out.find(part), std::string::npos) << part << " is not in\n" << outcome.out;
}

}  // namespace
}  // namespace sinter
