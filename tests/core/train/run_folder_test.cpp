// A run's folder: whole or refused, and one process at a time.
#include "core/train/run_folder.h"

#include <gtest/gtest.h>

#include <fstream>

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

TEST_F(RunFolderTest, ACheckpointIsFoundInItsRun) {
    write(run() / "checkpoints/last.safetensors");
    const fs::path checkpoint = run() / "checkpoints/last.safetensors";
    EXPECT_EQ(find_checkpoint(run()), checkpoint);
    EXPECT_EQ(find_checkpoint(run() / "checkpoints"), checkpoint);
    EXPECT_EQ(find_checkpoint(checkpoint), checkpoint);
    EXPECT_EQ(find_checkpoint(run() / "none"), run() / "none") << "what reads it says that it is missing";
    expect_error<DataError>([&] { find_checkpoint(folder_.path()); },
                            {"expected a checkpoint", "this folder has none"});
    EXPECT_EQ(config_of_checkpoint(checkpoint), "");
    write(run() / "config.toml");
    EXPECT_EQ(config_of_checkpoint(checkpoint), run() / "config.toml");
    write(folder_.path() / "copy.safetensors");
    EXPECT_EQ(config_of_checkpoint(folder_.path() / "copy.safetensors"), "");
}

}  // namespace
}  // namespace sinter
