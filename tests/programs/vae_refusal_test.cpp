// What mnist_vae refuses beside what every program does: wrong usage, bad data, disks that do not take a file. Each
// time the exit code, the sentence, and that nothing on the disk has changed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/common/data_files.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

std::string gzip(const std::string& content) {
    const tests::Bytes packed = tests::gzip({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
    return {packed.begin(), packed.end()};
}

class Refusal : public VaeProgram {
protected:
    /// Expects the refusal, with nothing said on stdout and no file changed.
    void expect_refused(const Arguments& arguments, int exit_code, std::initializer_list<std::string> parts,
                        ProcessOptions options = {}) const {
        SCOPED_TRACE(testing::PrintToString(arguments));
        const Snapshot before = snapshot();
        const Outcome outcome = vae(arguments, std::move(options));
        expect_refusal(outcome, exit_code, parts);
        EXPECT_EQ(outcome.out, "");
        EXPECT_NE(outcome.err.find("mnist_vae: "), std::string::npos) << outcome.err;
        EXPECT_TRUE(snapshot() == before) << "something on the disk has changed";
    }

    /// Expects that training on a set with this file in place of a good one is refused, with the file's name said.
    void expect_bad_file(const std::string& file, const std::string& content,
                         std::initializer_list<std::string> parts) const {
        const fs::path folder = path("damaged");
        fs::remove_all(folder);
        fs::copy(data(), folder);
        const std::string stem = file.substr(0, file.rfind(".gz"));
        fs::remove(folder / stem);
        write_text(folder / file, content);
        SCOPED_TRACE(file);
        expect_refused({"--data", folder, "--out", path("run")}, 3, {(folder / file).string()});
        expect_refused({"--data", folder, "--out", path("run")}, 3, parts);
    }
};

TEST_F(Refusal, WrongUsage) {
    const auto expect_usage = [&](const Arguments& wrong, std::initializer_list<std::string> parts) {
        expect_refused(training(path("run"), wrong), 2, parts);
    };
    expect_usage({"--beta", "inf"}, {"--beta", "expected a number of at least 0", "'inf'"});
    expect_usage({"--latent", "0"}, {"--latent", "'0'"});
    expect_usage({"--hidden", "64,x"}, {"--hidden", "'x'"});
    expect_usage({"--likelihood", "poisson"}, {"--likelihood", "poisson", "gaussian"});
}

TEST_F(Refusal, BadConfigFile) {
    write_text(path("unknown.toml"), "epochs=2\nbatchsize=32\n");
    write_text(path("wrong.toml"), "epochs=0\n");
    expect_refused(training(path("run"), {"--config", path("unknown.toml")}), 2,
                   {"--config", "'batchsize'", "did you mean --batch-size?"});
    expect_refused({"--data", data(), "--out", path("run"), "--config", path("wrong.toml")}, 2, {"--epochs", "'0'"});
    expect_refused(training(path("run"), {"--config", path("missing.toml")}), 2, {"--config", path("missing.toml")});
}

TEST_F(Refusal, PathsThatFilesOfARunCannotKeep) {
    const std::string latin = path("caf\xe9");
    fs::copy(data(), latin);
    expect_refused({"--data", latin, "--out", path("run")}, 2, {"--data: expected text in UTF-8"});
    expect_refused({"--data", data(), "--out", latin + "/run"}, 2, {"--out: expected text in UTF-8"});
    expect_refused({"--data", data(), "--resume", "--out", latin}, 2, {"--out: expected text in UTF-8"});
    expect_refused({"--config", latin + "/c.toml"}, 2, {"--config: expected text in UTF-8"});
    expect_refused({"--out", path("run")}, 3, {"in UTF-8"}, {{{"SINTER_DATA_DIR", latin}}, {}, 0});
}

TEST_F(Refusal, DamagedData) {
    const std::string images = read_text(data() + "/t10k-images-idx3-ubyte");
    const std::string labels = read_text(data() + "/t10k-labels-idx1-ubyte");
    const DataSplits other = noise_images(199, 39, 28, 28);
    const char* const kImages = "t10k-images-idx3-ubyte";
    const char* const kLabels = "t10k-labels-idx1-ubyte";
    expect_bad_file(kImages, "", {"too short"});
    expect_bad_file(kImages, images.substr(0, 10), {"too short"});
    expect_bad_file(kImages, images.substr(0, images.size() - 1), {"too short", "40 x 28 x 28"});
    expect_bad_file(kImages, images + "x", {"too long"});
    expect_bad_file(kImages, idx_images(other.test, 2049), {"expected 3 size(s) at byte 3, came 1"});
    expect_bad_file(kImages, idx_images(other.test, 0x0d03), {"expected unsigned bytes", "32-bit floats"});
    expect_bad_file(kImages, "<!doctype html>", {"expected the IDX magic", "another kind"});
    expect_bad_file(kImages, idx_images(other.test), {"39 images", "40 labels"});
    expect_bad_file("train-labels-idx1-ubyte", idx_labels(other.train), {"199 labels", "200 images"});
    expect_bad_file(kImages, idx_images(noise_images(1, 40, 14, 14).test), {"14 x 14", "28 x 28", "one size"});
    // Sizes that nobody's memory holds must not be believed.
    expect_bad_file(kImages, std::string("\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16),
                    {"header is damaged"});
    expect_bad_file(kLabels, std::string("\0\0\x08\x01\x7f\xff\xff\xff", 8), {"too short", "2147483647"});

    const std::string packed = gzip(images);
    expect_bad_file("t10k-images-idx3-ubyte.gz", packed.substr(0, packed.size() / 2), {"cut off"});
    std::string flipped = packed;
    for (std::size_t i = packed.size() / 2; i < packed.size() / 2 + 16; ++i)
        flipped[i] = static_cast<char>(~flipped[i]);
    expect_bad_file("t10k-images-idx3-ubyte.gz", flipped, {"damaged", "fetch the file again"});
    std::string wrong_sum = packed;
    wrong_sum[packed.size() - 8] = static_cast<char>(~wrong_sum[packed.size() - 8]);
    expect_bad_file("t10k-images-idx3-ubyte.gz", wrong_sum, {"damaged", "fetch the file again"});
}

TEST_F(Refusal, FoldersThatCannotBeWritten) {
    write_text(path("file"), "precious");
    expect_refused(training(path("file")), 1, {"Cannot create the folder", path("file")});
    expect_refused(training(path("file") + "/run"), 1, {"Cannot create the folder", path("file")});
    expect_refused(training("/proc/sinter-run"), 1, {"Cannot create the folder /proc/sinter-run"});
    if (::geteuid() == 0) return;  // root may write everywhere
    fs::create_directories(path("locked"));
    fs::permissions(path("locked"), fs::perms::owner_read | fs::perms::owner_exec);
    expect_refused(training(path("locked") + "/run"), 1, {path("locked"), "Choose a folder that you may write to"});
    fs::permissions(path("locked"), fs::perms::owner_all);
}

// A limit on the size of files stands for the full disk: the same calls fail at the same places.

TEST_F(Refusal, FullDiskLeavesThePreviousCheckpoint) {
    const std::string out = path("run");
    train(out);
    const std::string before = read_text(checkpoint_of(out));
    const Outcome full = vae({"--resume", "--out", out, "--epochs", "4", "--sample-every", "0"}, {{}, 100'000, 0});
    expect_refusal(full, 1, {"Cannot write " + checkpoint_of(out), "File too large", "ulimit -f"});
    EXPECT_TRUE(read_text(checkpoint_of(out)) == before) << "the checkpoint of epoch 2 is lost";
    for (const auto& entry : fs::directory_iterator(fs::path(out) / "checkpoints"))
        EXPECT_EQ(entry.path().filename(), "last.safetensors");

    train(path("reference"), {"--epochs", "4"});
    EXPECT_EQ(vae({"--resume", "--out", out}).exit_code, 0) << "with room again it goes on";
    expect_same_run(out, path("reference"));
}

TEST_F(Refusal, FullDiskLeavesNoHalfLineOfMetrics) {
    const std::string out = path("run");
    const Outcome full =
        vae(training(out, {"--epochs", "9", "--sample-every", "0", "--save-every", "0"}), {{}, 1000, 0});
    expect_refusal(full, 1, {"Cannot write " + out + "/metrics.jsonl", "File too large"});
    EXPECT_GE(metrics(out).size(), 2u);
}

TEST_F(Refusal, FullDiskAtTheStart) {
    const Outcome full = vae(training(path("run")), {{}, 0, 0});
    expect_refusal(full, 1, {"Cannot write " + path("run") + "/config.toml", "File too large"});
    EXPECT_FALSE(fs::exists(path("run") + "/config.toml"));
}

TEST_F(Refusal, DivergenceOfTheWeightedLossIsFoundInItsStep) {
    const Outcome outcome = vae(training(path("run"), {"--beta", "3e38", "--latent", "400"}));
    expect_refusal(outcome, 5, {"diverged at step 1 (epoch 1)", "[multiply]"});
}

TEST_F(Refusal, DivergenceEndsWithItsPlace) {
    const Outcome outcome = vae(training(path("run"), {"--lr", "1e30"}));
    expect_refusal(outcome, 5, {"diverged at step 2 (epoch 1)", "encoder", "try a lower --lr"});
    ASSERT_EQ(metrics(path("run")).size(), 1u);
    EXPECT_EQ(metrics(path("run"))[0]["event"], "diverged");
    EXPECT_FALSE(fs::exists(checkpoint_of(path("run")))) << "a checkpoint with NaN in it helps nobody";
}

TEST_F(Refusal, DivergenceInTheLastUpdateKeepsTheCheckpoint) {
    const Outcome outcome = vae(training(path("run"), {"--epochs", "1", "--batch-size", "200", "--lr", "1e39"}));
    expect_refusal(outcome, 5, {"diverged at step 1", checkpoint_of(path("run")), "'encoder.", "nothing was saved"});
    EXPECT_FALSE(fs::exists(checkpoint_of(path("run"))));
}

}  // namespace
}  // namespace sinter
