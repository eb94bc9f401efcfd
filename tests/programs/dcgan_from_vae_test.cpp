// dcgan --generator-from and --discriminator-from: the GAN begins where the VAE ended, and needs its file no more.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "core/data/formats/digits.h"
#include "core/pictures/image_file.h"
#include "tests/programs/dcgan_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

class DcganFromVae : public DcganProgram {
protected:
    /// Trains a VAE of 28 pixels, base width 2 and latent 5 for one epoch.
    std::string vae(const std::string& name, const Arguments& more = {}) const {
        const std::string run = path(name);
        Arguments arguments = with_defaults(
            {SINTER_MNIST_VAE, "--data", data(), "--out", run},
            {"--arch", "dcgan", "--base-width", "2", "--latent", "5", "--epochs", "1", "--batch-size", "20"}, more);
        const Outcome outcome = Process(arguments, in_private()).wait();
        if (outcome.exit_code != 0) throw std::runtime_error(outcome.err);
        return run;
    }
    Arguments gan(const std::string& name, const Arguments& more) const {
        return with_defaults({"--out", path(name)},
                             {"--data", data(), "--batch-size", "50", "--epochs", "1", "--ema", "0"}, more);
    }
    void expect_refused(const Arguments& more, int exit_code, std::initializer_list<std::string> parts) const {
        SCOPED_TRACE(testing::PrintToString(more));
        const Snapshot before = snapshot();
        expect_refusal(start(gan("refused", more)), exit_code, parts);
        EXPECT_TRUE(snapshot() == before) << "something on the disk has changed";
    }
};

TEST_F(DcganFromVae, DrawsTheVaesImagesBeforeItsFirstStep) {
    const std::string from = vae("vae", {"--seed", "3"});
    const Outcome outcome = succeed(gan("gan", {"--generator-from", from, "--seed", "3"}));
    EXPECT_NE(outcome.err.find("generator starts as the decoder of " + checkpoint_of(from)), std::string::npos);
    const std::string config = read_text(path("gan/config.toml"));
    for (const char* line : {"size = 28\n", "latent = 5\n", "base-width = 2\n", "channels = 1\n"})
        EXPECT_NE(config.find(line), std::string::npos) << line << "is not in\n" << config;
    // The same codes. A pixel whose value is at the border of two greys may fall on either side.
    const Picture decoded = read_image(from + "/samples/epoch-001.png");
    const Picture drawn = read_image(path("gan/samples/epoch-000.png"));
    ASSERT_EQ(decoded.pixels.size(), drawn.pixels.size());
    std::size_t differing = 0;
    for (std::size_t i = 0; i < drawn.pixels.size(); ++i) {
        const int distance = std::abs(decoded.pixels[i] - drawn.pixels[i]);
        ASSERT_LE(distance, 1) << i;
        differing += distance != 0;
    }
    EXPECT_LE(differing, drawn.pixels.size() / 1000);
    EXPECT_FALSE(read_image(path("gan/samples/epoch-001.png")).pixels == drawn.pixels) << "nothing was learned";
}

TEST_F(DcganFromVae, GoesOnWithoutTheFile) {
    const std::string from = vae("vae", {"--conditional"});
    const Arguments both = {"--generator-from", from, "--discriminator-from", from, "--ema", "0.9"};
    const Outcome outcome = succeed(gan("reference", with_defaults({"--epochs", "2"}, {}, both)));
    EXPECT_NE(outcome.err.find("features.down1.weight, features.down2.weight; drawn anew: features.down1.bias"),
              std::string::npos)
        << outcome.err;
    succeed(gan("run", both));
    fs::rename(from, path("elsewhere"));
    ASSERT_EQ(resume(path("run"), {"--epochs", "2"}).exit_code, 0);
    expect_same_run(path("run"), path("reference"));
    EXPECT_EQ(read_text(path("run/samples/epoch-000.png")), read_text(path("reference/samples/epoch-000.png")));
    // A run that was killed before its first checkpoint begins anew, and does need it.
    fs::remove_all(path("run/checkpoints"));
    fs::remove(path("run/.lock"));
    expect_refusal(resume(path("run")), 3, {from});
    fs::rename(path("elsewhere"), from);
    ASSERT_EQ(resume(path("run")).exit_code, 0);
    expect_same_run(path("run"), path("reference"));
}

TEST_F(DcganFromVae, RefusesWhatDoesNotFollowFromTheVae) {
    const std::string from = vae("vae"), conditional = vae("conditional", {"--conditional"});
    const std::string wide = vae("wide", {"--base-width", "3"});
    const std::string dense = vae("dense", {"--arch", "dense", "--base-width", "64", "--hidden", "8"});
    write_mnist(path("three"), [] {
        DataSplits set = make_digits(60, 20);
        for (ImageSet* split : {&set.train, &set.test}) {
            for (std::uint8_t& label : split->labels) label %= 3;
            split->classes = 3;
        }
        return set;
    }());
    succeed(gan("gan", {"--arch", "dense", "--base-width", "2", "--size", "8"}));
    const auto refuse = [&](const Arguments& more, std::initializer_list<std::string> parts) {
        expect_refused(with_defaults({"--generator-from", from}, {}, more), 2, parts);
    };
    refuse({"--size", "32"}, {"--size 32", "--generator-from has 28"});
    refuse({"--latent", "6"}, {"--latent 6", "has 5"});
    refuse({"--base-width", "4"}, {"--base-width 4", "has 2"});
    refuse({"--channels", "3"}, {"--channels 3", "has 1"});
    refuse({"--arch", "dense"}, {"--generator-from", "--arch dcgan"});
    refuse({"--conditional"}, {"--conditional", "no classes"});
    refuse({"--discriminator-from", wide}, {"--base-width 2", "--discriminator-from has 3"});
    expect_refused({"--generator-from", dense}, 3, {dense, "DCGAN's form", "a dense one", "--arch dcgan"});
    expect_refused({"--generator-from", path("gan")}, 3, {path("gan"), "checkpoint of a vae", "'gan'"});
    expect_refused({"--discriminator-from", path("missing")}, 3, {path("missing")});
    expect_refused({"--generator-from", conditional, "--data", path("three")}, 3, {"knows 10 classes", "has 3"});
}

}  // namespace
}  // namespace sinter
