// --prior gmm:K of mnist_vae --sample and of measure: what is drawn, what is kept, and what is not trusted.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/programs/measure_program.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

class VaePrior : public VaeProgram {
protected:
    Outcome sample(const std::string& out, const Arguments& more) const {
        Arguments arguments = {"--sample", run_, "4", "--out", path(out)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return vae(arguments);
    }
    /// Samples; the images, one after another.
    std::string drawn(const std::string& out, const Arguments& more) {
        last_ = sample(out, more);
        EXPECT_EQ(last_.exit_code, 0) << last_.err;
        std::string all;
        for (const char* name : {"00000", "00001", "00002", "00003"}) {
            const fs::path plain = fs::path(path(out)) / (std::string(name) + ".png");
            all += read_text(fs::exists(plain) ? plain : fs::path(path(out)) / (std::string(name) + "-3.png"));
        }
        return all;
    }
    bool has_said(const std::string& part) const { return last_.err.find(part) != std::string::npos; }

    const std::string run_ = path("run"), kept_ = path("run/checkpoints/last.prior.safetensors");
    Outcome last_;
};

TEST_F(VaePrior, IsFittedOnceAndKeptAsLongAsTheModelIsTheSame) {
    train(run_);
    const std::string normal = drawn("normal", {});
    EXPECT_FALSE(fs::exists(kept_));
    EXPECT_EQ(drawn("named", {"--prior", "normal"}), normal);

    const std::string first = drawn("first", {"--prior", "gmm:3"});
    EXPECT_NE(first, normal);
    EXPECT_TRUE(has_said("gmm:3 fitted to the codes of 200 training images")) << last_.err;
    // From the file alone: the data is not there any more.
    fs::rename(data(), path("moved"));
    const std::string content = read_text(kept_);
    EXPECT_EQ(drawn("second", {"--prior", "gmm:3"}), first);
    EXPECT_FALSE(has_said("fitted")) << last_.err;
    EXPECT_NE(drawn("seeded", {"--prior", "gmm:3", "--seed", "7"}), first);
    expect_refusal(sample("none", {"--prior", "gmm:2"}), 3, {path("digits-tiny")});
    fs::rename(path("moved"), data());

    std::string damaged = content;
    damaged[damaged.size() - 20] ^= 1;
    write_text(kept_, damaged);
    EXPECT_EQ(drawn("mended", {"--prior", "gmm:3"}), first);
    EXPECT_TRUE(has_said("the file is damaged; the mixture is fitted again")) << last_.err;
    EXPECT_EQ(read_text(kept_), content);

    EXPECT_NE(drawn("fewer", {"--prior", "gmm:2"}), first);
    EXPECT_TRUE(has_said("its prior is 'gmm:3', 'gmm:2' is asked for")) << last_.err;

    write_text(kept_, content);
    succeed({"--resume", "--out", run_, "--epochs", "3"});
    EXPECT_NE(drawn("other", {"--prior", "gmm:3"}), first);
    EXPECT_TRUE(has_said("it is of another model; the mixture is fitted again")) << last_.err;
    EXPECT_NE(read_text(kept_), content);
}

TEST_F(VaePrior, IsOneForEachClassOfAConditionalModel) {
    train(run_, {"--conditional", "--latent", "2", "--binarize", "dynamic", "--labels-per-class", "15"});
    const std::string normal = drawn("normal", {"--class", "3"});
    EXPECT_NE(drawn("mixture", {"--class", "3", "--prior", "gmm:2"}), normal);
    EXPECT_TRUE(has_said("gmm:2 of class 9 fitted to the codes of 15 training images")) << last_.err;
    expect_refusal(sample("none", {"--prior", "gmm:16"}), 2, {"class 0 has 15", "fewer components"});
}

TEST_F(VaePrior, RefusesWhatItCannotFit) {
    train(run_);
    for (const char* word : {"gmm", "gmm:0", "gmm:1001", "gmm:two", "gmm:-1", "vamp"})
        expect_refusal(sample("none", {"--prior", word}), 2, {"--prior", "gmm:10", word});
    expect_refusal(vae({"--prior", "gmm:3"}), 2, {"--prior", "--sample CHECKPOINT N"});
    expect_refusal(sample("none", {"--prior", "gmm:201"}), 2, {"gmm:201", "there are 200"});
    fs::remove_all(path("none"));
    write_mnist(path("noise"), noise_images(20, 20, 28, 28));
    expect_refusal(sample("none", {"--prior", "gmm:3", "--data", path("noise")}), 3,
                   {"that the model was trained on", path("noise"), "without --data"});
    EXPECT_FALSE(fs::exists(kept_));
}

class MeasuredPrior : public MeasureImages {};

TEST_F(MeasuredPrior, IsWhatTheMeasuredImagesAreDrawnFrom) {
    const std::string run = train_vae("vae"), judge = train_classifier("judge");
    const Arguments of_run = {"--checkpoint", run, "--classifier", judge};
    const nlohmann::json normal = measure(of_run), mixture = measure(with(of_run, {"--prior", "gmm:2"}));
    EXPECT_NE(mixture["frechet"], normal["frechet"]);
    EXPECT_NE(mixture["measured"].get<std::string>().find("codes from gmm:2"), std::string::npos);
    expect_refused(with(comparing(), {"--prior", "gmm:2"}), 2, {"--prior", "--images"});
    expect_refused({"--checkpoint", run, "--probe", "--prior", "gmm:2"}, 2, {"--prior", "--probe"});
    const std::string gan = train(SINTER_DCGAN, "gan", {"--arch", "dense", "--base-width", "2", "--epochs", "1"});
    expect_refused({"--checkpoint", gan, "--prior", "gmm:2"}, 2, {"--prior gmm:2", "'gan'", "leave it out"});
}

}  // namespace
}  // namespace sinter
