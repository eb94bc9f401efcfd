// vae_gan from start to end: what a run writes, that it goes on to the bit, what it draws, and what it refuses.
#include <gtest/gtest.h>

#include <filesystem>

#include "apps/generators/image_generator.h"
#include "apps/generators/sampling.h"
#include "core/error.h"
#include "core/pictures/image_file.h"
#include "tests/common/errors.h"
#include "tests/programs/measure_program.h"
#include "tests/programs/program_fixture.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

class VaeGanProgram : public ProgramTest {
protected:
    VaeGanProgram() : ProgramTest(SINTER_VAE_GAN) {}

    /// The arguments that train a small model on the tiny set: 2 epochs of 4 steps, some of which hold a player, unless
    /// `more` says otherwise.
    Arguments training(const std::string& out, const Arguments& more = {}) const {
        return with_defaults({"--data", data(), "--out", out},
                             {"--arch", "dense", "--base-width", "4", "--latent", "6", "--batch-size", "50", "--epochs",
                              "2", "--grid", "3", "--equilibrium", "0.69", "--margin", "0.01"},
                             more);
    }
    Outcome train(const std::string& out, const Arguments& more = {}) const { return succeed(training(out, more)); }
};

TEST_F(VaeGanProgram, LeavesPicturesNumbersAndACheckpoint) {
    const Outcome outcome = train(path("run"), {"--arch", "dcgan", "--conditional"});
    for (const char* file : {"samples/epoch-001.png", "samples/epoch-002.png", "reconstructions/epoch-002.png",
                             "samples/interpolations.png", "checkpoints/last.safetensors"})
        EXPECT_TRUE(fs::exists(path("run") + "/" + file)) << file;
    const Picture rebuilt = read_image(path("run") + "/reconstructions/epoch-002.png");
    EXPECT_GT(rebuilt.width, 10 * 28);
    double held = 0;
    for (const auto& line : metrics(path("run"))) {
        for (const char* name : {"kl", "recon", "loss_g", "loss_d", "d_real", "d_fake"})
            EXPECT_TRUE(line.contains(name)) << name;
        held += line["held_g"].get<double>() + line["held_d"].get<double>();
    }
    EXPECT_GT(held, 0);
    EXPECT_NE(outcome.out.find("originals, rebuilt below"), std::string::npos) << outcome.out;
}

TEST_F(VaeGanProgram, GoesOnWithTheSameBits) {
    const Arguments small_epochs = {"--batch-size", "10", "--lr-e", "1e-3", "--flip"};
    train(path("reference"), with_defaults({"--epochs", "2"}, {}, small_epochs));
    double held = 0;
    for (const auto& line : metrics(path("reference")))
        held += line["held_g"].get<double>() + line["held_d"].get<double>();
    ASSERT_GT(held, 0) << "a resumed run must know how many steps each player took";
    train(path("run"), with_defaults({"--epochs", "1"}, {}, small_epochs));
    const Outcome outcome = start({"--resume", "--out", path("run"), "--epochs", "2"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    expect_same_run(path("run"), path("reference"));
    expect_refusal(start({"--resume", "--out", path("run"), "--epochs", "3", "--margin", "0.2"}), 2,
                   {"--resume", "--margin", "'0.01'", "'0.2'"});
}

TEST_F(VaeGanProgram, DrawsWhatSampleWritesAndRebuildsImages) {
    train(path("run"), {"--conditional"});
    succeed({"--sample", path("run"), "23", "--seed", "7", "--out", path("drawn")});
    const auto generator = load_generator(path("run"), Device::cpu(), 7);
    EXPECT_EQ(generator->kind().description, "dense VAE-GAN of 28x28x1 images, conditional on 10 classes");
    const ImageSet drawn = draw_images(*generator, 23);
    EXPECT_EQ(read_image(path("drawn") + "/00022-2.png").pixels,
              std::vector<std::uint8_t>(drawn.pixels.end() - drawn.bytes_per_image(), drawn.pixels.end()));

    const ImageSet rebuilt = rebuild_images(*generator, drawn, Device::cpu());
    EXPECT_EQ(rebuilt.labels, drawn.labels);
    EXPECT_NE(rebuilt.pixels, drawn.pixels);
    ImageSet unlabelled = drawn;
    unlabelled.classes = 0;
    tests::expect_error<DataError>([&] { rebuild_images(*generator, unlabelled, Device::cpu()); },
                                   {path("run"), "10 classes", "has 0 classes"});
}

TEST_F(VaeGanProgram, RefusesWrongUsage) {
    const auto expect_usage = [&](const Arguments& wrong, std::initializer_list<std::string> parts) {
        SCOPED_TRACE(testing::PrintToString(wrong));
        expect_refusal(start(training(path("run"), wrong)), 2, parts);
        EXPECT_FALSE(fs::exists(path("run")));
    };
    expect_usage({"--gamma", "-1"}, {"--gamma", "'-1'"});
    expect_usage({"--margin", "-0.1"}, {"--margin", "'-0.1'"});
    expect_usage({"--fakes", "none"}, {"--fakes", "samples-and-reconstructions", "'none'"});
    expect_usage({"--feature-layer", "3"}, {"2 hidden layers", "got 3"});
    expect_usage({"--arch", "dcgan", "--discriminator-norm", "batch", "--size", "28"},
                 {"--discriminator-norm batch", "layer"});
    expect_usage({"--batch-size", "1"}, {"--batch-size 1", "at least two"});
    expect_usage({"--keep-best", "loss"}, {"--keep-best loss", "frechet"});
}

class MeasureReconstructions : public MeasureImages {};

TEST_F(MeasureReconstructions, OfTheTestImagesByVaesAndVaeGans) {
    const Arguments judge = {"--classifier", train_classifier("judge")};
    const std::string vae_gan =
        train(SINTER_VAE_GAN, "hybrid",
              {"--arch", "dense", "--base-width", "4", "--latent", "6", "--batch-size", "8", "--epochs", "1"});
    for (const std::string& run : {train_vae("vae", {"--binarize", "threshold"}), vae_gan}) {
        SCOPED_TRACE(run);
        const Arguments reconstructions = with({"--checkpoint", run, "--reconstructions"}, judge);
        const nlohmann::json line = measure(reconstructions);
        EXPECT_NE(line["measured"].get<std::string>().find("16 reconstructions by "), std::string::npos) << line;
        EXPECT_NE(line["frechet"], measure(with({"--checkpoint", run}, judge))["frechet"]);
        const nlohmann::json against = measure(with(reconstructions, {"--against", set(), "--against-split", "train"}));
        EXPECT_NE(against["measured"].get<std::string>().find("40 reconstructions by "), std::string::npos) << against;
    }
}

TEST_F(MeasureReconstructions, RefusesWhatCannotBe) {
    const std::string gan = train(SINTER_DCGAN, "gan", {"--arch", "dense", "--base-width", "4", "--epochs", "1"});
    expect_refused({"--checkpoint", gan, "--reconstructions"}, 3, {"gan", "has no encoder", "VAE-GAN"});
    expect_refused(with(comparing(), {"--reconstructions"}), 2, {"--reconstructions", "--images"});
    expect_refused({"--checkpoint", gan, "--reconstructions", "--samples", "5"}, 2, {"--reconstructions", "--samples"});
    expect_refused({"--checkpoint", gan, "--reconstructions", "--probe"}, 2, {"--reconstructions", "--probe"});
    expect_refused({"--checkpoint", gan, "--reconstructions", "--against", path("r.safetensors")}, 2,
                   {"--reconstructions", "--against"});
}

}  // namespace
}  // namespace sinter
