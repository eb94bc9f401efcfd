// measure on the codes of a model (--nll, --probe), and what trainers measure while they train (--measure-every).
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/programs/measure_program.h"

namespace sinter {
namespace {

using MeasureCodes = MeasureImages;

TEST_F(MeasureCodes, TellsTheLossOfGreyPixelsWithItsFloor) {
    const std::string vae = train_vae("vae");
    const Arguments arguments = {"--checkpoint", vae, "--nll", "20"};
    const nlohmann::json line = measure(arguments);
    EXPECT_EQ(line["images"], kTest);
    EXPECT_EQ(line["samples"], 20);
    EXPECT_FALSE(line.contains("nll")) << "grey pixels have no likelihood";
    EXPECT_GT(line["loss"], 0);
    EXPECT_LE(line["loss"], line["loss_1"]) << "more samples give a better bound";
    EXPECT_TRUE(holds(warnings_in(line), "floor on these images")) << line["warnings"];
    EXPECT_EQ(line["unit_kl"].size(), 2u);
    const Outcome table = succeed(arguments);
    for (const char* part : {"Importance-weighted loss", "floor", "Active units of 2", "K = 20", "seed 1"})
        EXPECT_NE(table.out.find(part), std::string::npos) << part << " is not in\n" << table.out;
    EXPECT_EQ(start(with(arguments, {"--strict"})).exit_code, 3) << "a loss is no likelihood";
    const nlohmann::json few = measure(with(arguments, {"--nll-images", "3"}));
    EXPECT_EQ(few["images"], 3);
}

TEST_F(MeasureCodes, TellsTheLikelihoodOfBinaryPixels) {
    const std::string vae = train_vae("vae", {"--binarize", "dynamic"});
    const nlohmann::json line = measure({"--checkpoint", vae, "--nll", "10"});
    EXPECT_LE(line["nll"], line["nll_1"]);
    EXPECT_TRUE(line.contains("elbo") && line.contains("bits_per_dim") && line.contains("active_units"));
    EXPECT_FALSE(holds(warnings_in(line), "grey"));
}

TEST_F(MeasureCodes, ProbesThemBesidePixelsAndAnUntrainedEncoder) {
    const std::string vae = train_vae("vae");
    const nlohmann::json line = measure({"--checkpoint", vae, "--probe"});
    EXPECT_EQ(line["codes"]["size"], 2);
    EXPECT_EQ(line["features"]["size"], 8) << "the hidden layer";
    EXPECT_EQ(line["pixels"]["size"], kPixels);
    EXPECT_EQ(line["pixels"]["neighbour_accuracy"], 1) << "a quarter is bright: pixels tell which";
    EXPECT_EQ(line["pixels"]["linear_accuracy"], 1);
    EXPECT_EQ(line["codes, untrained encoder"]["size"], 2);
    EXPECT_EQ(measure({"--checkpoint", vae, "--probe", "--threads", "3"}), line);
    EXPECT_NE(succeed({"--checkpoint", vae, "--probe"}).out.find("codes, untrained encoder"), std::string::npos);
}

TEST_F(MeasureCodes, AndImagesOfEveryArchitectureAndShape) {
    for (const Arguments& model : {Arguments{"--arch", "dense", "--size", "12x8"},
                                   {"--arch", "conv", "--size", "12x8"},
                                   {"--arch", "dcgan", "--size", "16", "--base-width", "2"}}) {
        SCOPED_TRACE(model[1]);
        const std::string vae = train(SINTER_MNIST_VAE, model[1], with({"--latent", "2", "--epochs", "1"}, model));
        EXPECT_EQ(measure({"--checkpoint", vae, "--nll", "2", "--nll-images", "5"})["images"], 5);
        EXPECT_EQ(measure({"--checkpoint", vae, "--probe"})["codes"]["size"], 2);
        EXPECT_TRUE(measure({"--checkpoint", vae})["frechet"].is_number());
    }
    EXPECT_EQ(judges().size(), 2u) << "one for each shape";
}

TEST_F(MeasureCodes, ProbesTheEncoderOfABiGan) {
    const std::string bigan = train(SINTER_BIGAN, "bigan", {"--base-width", "1", "--latent", "3", "--epochs", "1"});
    const nlohmann::json line = measure({"--checkpoint", bigan, "--probe"});
    for (const char* name : {"codes", "codes, untrained encoder"}) EXPECT_EQ(line[name]["size"], 3) << name;
    for (const char* name : {"features", "features, untrained encoder"}) EXPECT_EQ(line[name]["size"], 16) << name;
    EXPECT_EQ(line["pixels"]["neighbour_accuracy"], 1);
    EXPECT_GT(line["features"]["neighbour_accuracy"], 0.5) << "a random map keeps most of what the pixels tell";
    EXPECT_NE(succeed({"--checkpoint", bigan, "--probe"}).out.find("E(x)"), std::string::npos);
}

TEST_F(MeasureCodes, ProbesTheEncoderOfAVaeGan) {
    const std::string run =
        train(SINTER_VAE_GAN, "vae_gan", {"--arch", "dense", "--base-width", "2", "--latent", "3", "--epochs", "1"});
    const nlohmann::json line = measure({"--checkpoint", run, "--probe"});
    for (const char* name : {"codes", "codes, untrained encoder"}) EXPECT_EQ(line[name]["size"], 3) << name;
    EXPECT_EQ(line["features"]["size"], 8);
    EXPECT_GT(line["features"]["neighbour_accuracy"], 0.5);
}

TEST_F(MeasureCodes, RefusesWhatHasNone) {
    const std::string judge = train_classifier("judge", {"--epochs", "1"});
    const std::string vae = train_vae("vae"), conditional = train_vae("conditional", {"--conditional"});
    for (const char* question : {"--nll=5", "--probe"})
        expect_refused({"--checkpoint", judge, question}, 3, {checkpoint_of(judge), "classifier"});
    expect_refused({"--checkpoint", conditional, "--probe"}, 3, {"conditional", "--conditional"});
    expect_refused({"--checkpoint", vae, "--nll", "0"}, 2, {"--nll", "'0'"});
    expect_refused({"--checkpoint", vae, "--nll", "5", "--probe"}, 2, {"--probe and --nll"});
    expect_refused({"--checkpoint", vae, "--nll-images", "5"}, 2, {"--nll-images", "--nll"});
    expect_refused({"--images", set(), "--against", set(), "--probe"}, 2, {"--images", "--probe and --nll"});
    write_mnist(path("unlabelled"), {quarters(kTrain, 5), quarters(kTest, 6), {}, 0, 0, {}, "", "", ""});
    for (const char* split : {"train", "t10k"})  // images alone are a set, too
        std::filesystem::remove(path("unlabelled/") + split + "-labels-idx1-ubyte");
    expect_refused({"--checkpoint", vae, "--data", path("unlabelled"), "--probe"}, 3,
                   {"labelled images", "unlabelled"});
}

TEST_F(MeasureCodes, TrainersMeasureWhileTheyTrain) {
    const Arguments every = {"--epochs", "2", "--measure-every", "2", "--keep-best", "coverage"};
    const auto measured = [&](const std::string& run) {
        for (const nlohmann::json line : metrics(run))
            if (line["split"] == "measure") return line;
        return nlohmann::json();
    };
    const nlohmann::json of_vae = measured(train_vae("vae", every));
    EXPECT_EQ(of_vae["epoch"], 2);
    for (const char* name : {"frechet", "precision", "recall", "density", "coverage", "active_units"})
        EXPECT_TRUE(of_vae[name].is_number()) << name << ": " << of_vae;
    EXPECT_NE(of_vae["warnings"].get<std::string>().find("fewer than 10 for each"), std::string::npos);
    EXPECT_TRUE(std::filesystem::exists(path("vae/checkpoints/best.safetensors")));
    ASSERT_EQ(judges().size(), 1u) << "one judge for this data";

    const nlohmann::json of_gan =
        measured(train(SINTER_DCGAN, "gan", with({"--arch", "dense", "--size", "8", "--batch-size", "8"}, every)));
    EXPECT_TRUE(of_gan["frechet"].is_number()) << of_gan;
    EXPECT_FALSE(of_gan.contains("active_units"));
    EXPECT_EQ(judges().size(), 1u) << "the judge is found again";

    // The weights are those of a run that does not measure.
    train_vae("plain", {"--epochs", "2"});
    EXPECT_TRUE(have_same_arrays(path("vae"), path("plain")));
}

}  // namespace
}  // namespace sinter
