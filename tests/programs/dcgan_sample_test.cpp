// dcgan --sample, and what dcgan refuses.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/common/checkpoint_files.h"
#include "tests/programs/dcgan_program.h"
#include "tests/programs/sampled_images.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

class DcganSample : public DcganProgram {
protected:
    /// Expects the refusal, with nothing said on stdout and no file changed.
    void expect_refused(const Arguments& arguments, int exit_code, std::initializer_list<std::string> parts) const {
        SCOPED_TRACE(testing::PrintToString(arguments));
        const Snapshot before = snapshot();
        const Outcome outcome = start(arguments);
        expect_refusal(outcome, exit_code, parts);
        EXPECT_EQ(outcome.out, "");
        EXPECT_NE(outcome.err.find("dcgan: "), std::string::npos) << outcome.err;
        EXPECT_TRUE(snapshot() == before) << "something on the disk has changed";
    }

    std::map<std::string, std::string> images(const std::string& folder) const {
        std::map<std::string, std::string> found;
        for (const auto& entry : fs::directory_iterator(folder))
            found[entry.path().filename().string()] = read_text(entry.path());
        return found;
    }
};

TEST_F(DcganSample, DrawsAsManyImagesAsAsked) {
    train(path("run"));
    ASSERT_EQ(sample(path("run"), "130", path("drawn")).exit_code, 0);
    const auto drawn = images(path("drawn"));
    ASSERT_EQ(drawn.size(), 130u);
    EXPECT_EQ(drawn.begin()->first, "00000.png");
    EXPECT_EQ(drawn.rbegin()->first, "00129.png");
    const std::string& one = drawn.at("00007.png");
    EXPECT_EQ(one.substr(1, 3), "PNG");
    EXPECT_EQ(one.substr(16, 8), std::string("\0\0\0\x1c\0\0\0\x1c", 8)) << "28 x 28 pixels, without a frame";
    EXPECT_NE(one, drawn.at("00008.png"));
    EXPECT_NE(one, drawn.at("00107.png")) << "every batch has codes of its own";

    expect_no_image_of_grid(path("drawn"), path("run") + "/samples/epoch-002.png", 28);

    // The seed decides, not the number.
    ASSERT_EQ(sample(path("run"), "5", path("few")).exit_code, 0);
    for (const auto& [name, content] : images(path("few"))) EXPECT_EQ(content, drawn.at(name));
    ASSERT_EQ(sample(path("run"), "5", path("other"), {"--seed", "2"}).exit_code, 0);
    for (const auto& [name, content] : images(path("other"))) EXPECT_NE(content, drawn.at(name));
}

TEST_F(DcganSample, ConditionalGansDrawTheClassesInTurn) {
    train(path("run"), {"--conditional", "--arch", "dense"});
    ASSERT_EQ(sample(path("run"), "23", path("drawn")).exit_code, 0);
    const auto drawn = images(path("drawn"));
    ASSERT_EQ(drawn.size(), 23u);
    for (const char* name : {"00000-0.png", "00009-9.png", "00010-0.png", "00022-2.png"})
        EXPECT_EQ(drawn.count(name), 1u) << name;
}

TEST_F(DcganSample, TheMovingAverageDrawsWhereThereIsOne) {
    // The average follows behind a generator that is the same in both runs.
    train(path("average"), {"--ema", "0.999999", "--lr", "0.01"});
    train(path("none"), {"--ema", "0", "--lr", "0.01"});
    EXPECT_NE(read_text(path("average") + "/samples/epoch-002.png"),
              read_text(path("none") + "/samples/epoch-002.png"));
    for (const char* run : {"average", "none"})
        ASSERT_EQ(sample(path(run), "4", path(std::string("drawn-") + run)).exit_code, 0);
    for (const auto& [name, content] : images(path("drawn-average")))
        EXPECT_NE(content, images(path("drawn-none")).at(name)) << name;
}

TEST_F(DcganSample, NothingIsOverwritten) {
    train(path("run"), {"--arch", "dense", "--epochs", "1"});
    write_text(path("full/notes.txt"), "mine");
    expect_refused({"--sample", checkpoint_of(path("run")), "5", "--out", path("full")}, 2,
                   {path("full"), "is not empty", "--out"});
    expect_refused({"--sample", checkpoint_of(path("run")), "5"}, 2, {"--sample", "--out"});
}

TEST_F(DcganSample, RefusesOtherCheckpoints) {
    train(path("run"), {"--arch", "dense", "--epochs", "1", "--latent", "8"});
    const auto expect_file_refused = [&](const std::string& file, std::initializer_list<std::string> parts) {
        expect_refused({"--sample", file, "5", "--out", path("drawn")}, 3, parts);
    };
    expect_file_refused(path("missing"), {path("missing"), "No such file"});
    const std::string good = read_text(checkpoint_of(path("run")));
    write_text(path("half.safetensors"), good.substr(0, good.size() / 2));
    expect_file_refused(path("half.safetensors"), {"damaged"});

    const SafetensorsFile file = SafetensorsFile::open(checkpoint_of(path("run")));
    const auto expect_fact_refused = [&](const char* name, const char* value,
                                         std::initializer_list<std::string> parts) {
        SafetensorsMetadata facts = file.metadata();
        facts[name] = value;
        write_with_facts(path("bad.safetensors"), file.entries(), facts);
        SCOPED_TRACE(std::string(name) + " = " + value);
        expect_file_refused(path("bad.safetensors"), parts);
    };
    expect_fact_refused("model", "vae", {"expected a checkpoint of a gan", "'vae'"});
    expect_fact_refused("model.arch", "transformer", {"model.arch", "'transformer'"});
    expect_fact_refused("model.size", "29", {"shape"});
    expect_fact_refused("model.size", "-28", {"model.size", "'-28'"});
    expect_fact_refused("model.classes", "10", {"expects"});
    expect_fact_refused("model.latent", "65536", {"65536", "cannot hold", "damaged"});
    expect_fact_refused("model.base_width", "4096", {"4096", "cannot hold"});
    expect_fact_refused("--ema", "0.5", {"average."});
}

TEST_F(DcganSample, WrongUsage) {
    const auto expect_usage = [&](const Arguments& wrong, std::initializer_list<std::string> parts) {
        expect_refused(training(path("run"), wrong), 2, parts);
    };
    expect_usage({"--size", "29"}, {"16, 28, 32, 64, 128 or 256", "29"});
    expect_usage({"--size", "0"}, {"--size", "'0'"});
    expect_usage({"--channels", "2"}, {"--channels", "2"});
    for (const char* words : {"rotation", "cutout,", "", "none,cutout"})
        expect_usage({"--augment", words}, {"--augment", "translation, cutout and colour", words});
    expect_usage({"--l1", "-1"}, {"--l1", "at least 0", "-1"});
    expect_usage({"--batch-size", "1"}, {"--batch-size 1", "at least two"});
    expect_usage({"--update", "simultaneous", "--n-critic", "5"}, {"--n-critic 5", "--update alternating"});
    expect_usage({"--label-smoothing", "0.1", "--loss", "hinge"}, {"--label-smoothing", "hinge", "least-squares"});
    expect_usage({"--label-smoothing", "1"}, {"--label-smoothing", "below 1", "'1'"});
    expect_usage({"--ema", "1"}, {"--ema", "below 1", "'1'"});
    expect_usage({"--beta1", "-0.1"}, {"--beta1", "'-0.1'"});
    expect_usage({"--loss", "kl"}, {"--loss", "kl", "hinge"});
    expect_usage({"--lr-g", "0"}, {"--lr-g", "positive", "'0'"});
    expect_usage({"--sample", "file", "many"}, {"--sample", "'many'"});
    expect_usage({"--sample", "file"}, {"--sample"});
    expect_usage({"--discriminator-norm", "batch"}, {"--discriminator-norm batch", "other sizes than 28", "layer"});
    expect_usage({"--spectral-norm", "--discriminator-norm", "layer"}, {"--spectral-norm", "'layer'"});
    expect_usage({"--gpu"}, {"unknown option '--gpu'"});
}

TEST_F(DcganSample, DataThatDoesNotFit) {
    write_mnist(path("one"), noise_images(1, 1, 28, 28));
    expect_refused({"--data", path("one"), "--out", path("run")}, 3, {"one training image", "at least two"});
    expect_refused({"--data", path("nowhere"), "--out", path("run")}, 3, {path("nowhere"), "no such folder"});
}

}  // namespace
}  // namespace sinter
