// A run's folder: whole or refused, and one process at a time.
#include "core/train/run_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

using namespace tests;
namespace fs = std::filesystem;

class RunFolderTest : public testing::Test {
protected:
    fs::path run() const { return folder_.path() / "run"; }
    void write(const fs::path& file, const std::string& text = "") const {
        fs::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }

    TemporaryFolder folder_;
};

TEST_F(RunFolderTest, OneProcessAtATimeWritesIt) {
    {
        const RunFolder first = RunFolder::create(run(), "epochs = 1\n");
        expect_usage_error([&] { RunFolder::open(run(), ""); }, {"another process is training this run", "--out"});
    }
    EXPECT_NO_THROW(RunFolder::open(run(), ""));
}

TEST_F(RunFolderTest, AFolderWithoutItsConfigurationIsRefused) {
    for (const char* part : {"checkpoints/last.safetensors", "metrics.jsonl"}) {
        fs::remove_all(run());
        write(run() / part);
        expect_error<DataError>([&] { RunFolder::check(run(), true); }, {"lacks the config.toml"});
        expect_usage_error([&] { RunFolder::check(run(), false); }, {"already holds a run"});
    }
    fs::remove_all(run());
    fs::create_directories(run() / "checkpoints");
    expect_error<DataError>([&] { RunFolder::open(run(), ""); }, {"lacks the config.toml"});
    EXPECT_FALSE(fs::exists(run() / "metrics.jsonl"));
}

TEST_F(RunFolderTest, PicturesOfOthersAreNotOverwritten) {
    write(run() / "samples/epoch-001.png", "precious");
    expect_usage_error([&] { RunFolder::create(run(), ""); }, {"samples", "not of a run", "--out"});
    EXPECT_FALSE(fs::exists(run() / "config.toml"));
}

TEST_F(RunFolderTest, TheLossOfItsCheckpointIsNoticed) {
    {
        RunFolder folder = RunFolder::create(run(), "epochs = 1\n");
        folder.metrics().write({{"step", std::int64_t{3}}, {"loss", 1.5}});
    }
    EXPECT_NO_THROW(RunFolder::check(run(), true)) << "there was none yet";
    RunFolder::open(run(), "").note_checkpoint();
    expect_error<DataError>([&] { RunFolder::open(run(), ""); }, {"lacks the checkpoint that its run saved"});
    EXPECT_EQ(fs::file_size(run() / "metrics.jsonl"), std::string("{\"step\":3,\"loss\":1.5}\n").size());
    write(run() / "checkpoints/last.safetensors");
    EXPECT_NO_THROW(RunFolder::open(run(), ""));
}

TEST_F(RunFolderTest, RunsOfTheSameSecondHaveFoldersOfTheirOwn) {
    const fs::path before = fs::current_path();
    fs::current_path(folder_.path());
    std::vector<RunFolder> runs;
    for (int i = 0; i < 4; ++i) runs.push_back(RunFolder::create_for("vae", "epochs = 1\n"));
    fs::current_path(before);
    for (std::size_t i = 1; i < runs.size(); ++i) EXPECT_NE(runs[i].path(), runs[i - 1].path());
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path() / "runs"), {}), 4);
}

TEST_F(RunFolderTest, MissingFoldersOfPicturesAreMadeAgain) {
    const RunFolder folder = RunFolder::create(run(), "");
    fs::remove_all(run() / "samples");
    EXPECT_TRUE(fs::is_directory(folder.sample("epoch-001").parent_path()));
    EXPECT_TRUE(fs::is_directory(folder.reconstruction("epoch-001").parent_path()));
}

TEST_F(RunFolderTest, KeepsCopiesOfItsCheckpoint) {
    const RunFolder folder = RunFolder::create(run(), "");
    const auto files = [&] {
        std::map<std::string, std::string> found;
        for (const auto& entry : fs::directory_iterator(run() / "checkpoints")) {
            std::ifstream file(entry.path());
            found[entry.path().filename().string()] = std::string(std::istreambuf_iterator<char>(file), {});
        }
        return found;
    };
    // Somebody's own, and those of a run that went further before its checkpoint was put back.
    std::map<std::string, std::string> expected;
    for (const char* name : {"epoch-1.safetensors", "epoch-0001.safetensors", "epoch-two.safetensors", "epoch-003.txt",
                             "epoch-900.safetensors"}) {
        write(run() / "checkpoints" / name, "kept");
        expected[name] = "kept";
    }
    for (int epoch = 1; epoch <= 12; epoch += 2) {
        write(folder.checkpoint(), "after " + std::to_string(epoch));
        folder.keep_epoch(epoch, 2);
        if (epoch == 5) folder.keep_best();
    }
    expected["last.safetensors"] = expected["epoch-011.safetensors"] = "after 11";
    expected["epoch-009.safetensors"] = "after 9";
    expected["best.safetensors"] = "after 5";
    EXPECT_EQ(files(), expected);
    folder.keep_epoch(11, 1);
    expected.erase("epoch-009.safetensors");
    EXPECT_EQ(files(), expected) << "the same once more, as after a kill";
    write(folder.checkpoint(), "after 1000");
    folder.keep_epoch(1000, 1);
    expected.erase("epoch-011.safetensors");
    expected.erase("epoch-900.safetensors");
    expected["last.safetensors"] = expected["epoch-1000.safetensors"] = "after 1000";
    EXPECT_EQ(files(), expected);
}

TEST_F(RunFolderTest, ACheckpointIsFoundInItsRun) {
    write(run() / "checkpoints/last.safetensors");
    const fs::path checkpoint = run() / "checkpoints/last.safetensors";
    EXPECT_EQ(find_checkpoint(run()), checkpoint);
    EXPECT_EQ(find_checkpoint(run() / "checkpoints"), checkpoint);
    EXPECT_EQ(find_checkpoint(checkpoint), checkpoint);
    EXPECT_EQ(find_checkpoint(run() / "none"), run() / "none") << "what reads it says that it is missing";
    expect_error<DataError>([&] { find_checkpoint(folder_.path()); },
                            {"expected a checkpoint", "this folder has none"});
    write(folder_.path() / "published/checkpoints/best.safetensors");
    expect_error<DataError>([&] { find_checkpoint(folder_.path() / "published"); },
                            {"has none, but checkpoints/best.safetensors", "published/checkpoints/best.safetensors"});
    EXPECT_EQ(config_of_checkpoint(checkpoint), "");
    write(run() / "config.toml");
    EXPECT_EQ(config_of_checkpoint(checkpoint), run() / "config.toml");
    write(folder_.path() / "copy.safetensors");
    EXPECT_EQ(config_of_checkpoint(folder_.path() / "copy.safetensors"), "");
}

}  // namespace
}  // namespace sinter
