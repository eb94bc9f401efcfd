// What becomes of pictures of one's own: sizes, ways to fit, the range of 16 bits, and what a run keeps of that.
#include <gtest/gtest.h>

#include "core/train/checkpoint.h"
#include "tests/common/data_files.h"
#include "tests/common/image_files.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class OwnPictures : public VaeProgram {
protected:
    /// Twelve pictures of 16 bits, 4 wide and 2 high, with numbers up to `brightest` * 256 + 77.
    std::string pictures(const std::string& name, int brightest) {
        for (int i = 0; i < 12; ++i) {
            tests::TestImage image = tests::plain_image(2, 4, 1, 0);
            image.pixels[static_cast<std::size_t>(i % 8)] = static_cast<std::uint8_t>(brightest);
            tests::write_file(path(name) + "/" + std::to_string(i) + ".png", tests::png16_bytes(image));
        }
        return path(name);
    }
    Arguments training_on(const std::string& data, const Arguments& more = {}) const {
        Arguments arguments = {"--data", data,           "--out", path("run"), "--hidden",
                               "4",      "--batch-size", "4",     "--epochs",  "1"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
};

TEST_F(OwnPictures, TheRangeOfSixteenBitsIsTheRunsOwn) {
    const Outcome trained = succeed(training_on(pictures("bright", 14)));
    EXPECT_TRUE(has(trained.err, "4095 is white")) << trained.err;
    EXPECT_EQ(read_checkpoint_facts(checkpoint_of(path("run"))).at("--range"), "4095");
    EXPECT_TRUE(has(read_text(path("run") + "/config.toml"), "range = 4095\n"));
    const Arguments evaluation = {"--evaluate", path("run"), "--data", pictures("dark", 3)};
    EXPECT_FALSE(has(succeed(evaluation).err, "1023")) << "another range than that of the training";
    Arguments another = evaluation;
    another.insert(another.end(), {"--range", "845"});
    EXPECT_NE(succeed(evaluation).out, succeed(another).out);
}

TEST_F(OwnPictures, EvaluationFitsAsTheRunDidUnlessToldOtherwise) {
    const std::string data = pictures("bright", 14);
    succeed(training_on(data, {"--size", "4", "--fit", "pad"}));
    EXPECT_EQ(read_checkpoint_facts(checkpoint_of(path("run"))).at("--fit"), "pad");
    const std::string other = pictures("other", 14);
    const std::string as_trained = succeed({"--evaluate", path("run"), "--data", other}).out;
    EXPECT_EQ(succeed({"--evaluate", path("run"), "--data", other, "--fit", "pad"}).out, as_trained);
    EXPECT_NE(succeed({"--evaluate", path("run"), "--data", other, "--fit", "crop"}).out, as_trained);
}

TEST_F(OwnPictures, SizesAreWidthByHeight) {
    const Outcome outcome = succeed(training_on(pictures("wide", 14), {"--size", "6x3", "--dry-run"}));
    EXPECT_TRUE(has(outcome.err, "dense VAE 18-4-20")) << outcome.err;
    for (const char* size : {"6x", "x3", "0x4", "6x3x1", "5000", "-1"})
        expect_refusal(vae(training_on(path("wide"), {"--size", size})), 2,
                       {"--size: expected a number of pixels a side"});
    expect_refusal(vae(training_on(path("wide"), {"--background", "blue"})), 2, {"white, black or #rrggbb"});
}

}  // namespace
}  // namespace sinter
