// Atomic writes: what a reader finds after success and after each kind of failure.
#include "core/files/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

class FilesTest : public testing::Test {
protected:
    std::size_t files_in_folder() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }

    const TemporaryFolder temporary_;
    const fs::path& folder_ = temporary_.path();
};

using FilesDeathTest = FilesTest;

std::string text_of(const fs::path& path) {
    const std::vector<std::byte> bytes = read_whole_file(path);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The sentence that `action` throws as an `Exception`, or "" where it throws none.
template <class Exception, class Action>
std::string sentence_of(const Action& action) {
    try {
        action();
    } catch (const Exception& error) {
        return error.what();
    }
    return "";
}

TEST_F(FilesTest, PiecesAreWrittenOneAfterTheOther) {
    const std::string first = "one ", last = "three";
    const Bytes pieces[] = {std::as_bytes(std::span(first)), Bytes(), std::as_bytes(std::span(last))};
    write_file_atomically(folder_ / "a", pieces);
    EXPECT_EQ(text_of(folder_ / "a"), "one three");
}

TEST_F(FilesTest, EmptyFileIsWrittenAndRead) {
    write_file_atomically(folder_ / "empty", Bytes());
    EXPECT_TRUE(fs::exists(folder_ / "empty"));
    EXPECT_EQ(text_of(folder_ / "empty"), "");
}

TEST_F(FilesTest, ExistingFileIsReplacedAndNothingElseIsLeft) {
    write_file_atomically(folder_ / "a", "a longer old text");
    write_file_atomically(folder_ / "a", "new");
    EXPECT_EQ(text_of(folder_ / "a"), "new");
    EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(FilesTest, OpenReaderKeepsTheOldContent) {
    write_file_atomically(folder_ / "a", "old");
    std::ifstream reader(folder_ / "a");
    write_file_atomically(folder_ / "a", "new");
    std::string seen;
    reader >> seen;
    EXPECT_EQ(seen, "old");
}

TEST_F(FilesTest, NewFileHasThePermissionsThatTheUserMaskAllows) {
    const mode_t before = ::umask(022);
    write_file_atomically(folder_ / "a", "text");
    ::umask(before);
    EXPECT_EQ(static_cast<int>(fs::status(folder_ / "a").permissions()), 0644);
}

TEST_F(FilesTest, NameWithoutFolderMeansTheCurrentOne) {
    const fs::path before = fs::current_path();
    fs::current_path(folder_);
    write_file_atomically("bare", "text");
    fs::current_path(before);
    EXPECT_EQ(text_of(folder_ / "bare"), "text");
}

TEST_F(FilesTest, LeftoversOfKilledProcessesAreNoObstacle) {
    // A process of the same number was killed while it wrote, many times over.
    constexpr int kLeftovers = 500;
    for (int i = 0; i < kLeftovers; ++i) {
        std::ofstream(folder_ / (".a." + std::to_string(::getpid()) + "-" + std::to_string(i) + ".tmp")) << "half";
    }
    write_file_atomically(folder_ / "a", "whole");
    EXPECT_EQ(text_of(folder_ / "a"), "whole");
    EXPECT_EQ(files_in_folder(), kLeftovers + 1u);
}

TEST_F(FilesTest, NewFileTakesNobodysPlace) {
    const fs::path path = folder_ / "new";
    const auto write = [&](const fs::path& to, const char* text) {
        write_new_file(to, std::as_bytes(std::span(text, std::strlen(text))));
    };
    write(path, "first");
    EXPECT_EQ(read_whole_file(path).size(), 5u);
    EXPECT_THROW(write(path, "another"), Error);
    EXPECT_EQ(read_whole_file(path).size(), 5u);
    EXPECT_THROW(write(folder_ / "missing" / "new", "text"), Error);
}

TEST_F(FilesTest, MissingFolderIsASentence) {
    const fs::path path = folder_ / "nowhere" / "a";
    const std::string sentence = sentence_of<Error>([&] { write_file_atomically(path, "text"); });
    EXPECT_NE(sentence.find(path.string()), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("Create its folder first."), std::string::npos) << sentence;
}

TEST_F(FilesTest, FolderOfThatNameStaysAndNoTemporaryIsLeft) {
    fs::create_directory(folder_ / "taken");
    const std::string sentence = sentence_of<Error>([&] { write_file_atomically(folder_ / "taken", "text"); });
    EXPECT_NE(sentence.find("Something else has this name already"), std::string::npos) << sentence;
    EXPECT_TRUE(fs::is_directory(folder_ / "taken"));
    EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(FilesDeathTest, FailureWhileWritingLeavesTheOldFileAndNoTemporary) {
    const fs::path path = folder_ / "checkpoint";
    write_file_atomically(path, "old");
    // A limit on file sizes stands in for a full disk: the write stops half-way, for root as for anyone else.
    const auto write_too_much = [&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{1000, 1000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const std::string sentence = sentence_of<Error>([&] { write_file_atomically(path, std::string(5000, 'x')); });
        std::fputs(sentence.c_str(), stderr);
        std::_Exit(text_of(path) == "old" && files_in_folder() == 1 ? 0 : 1);
    };
    EXPECT_EXIT(write_too_much(), testing::ExitedWithCode(0), "Cannot write .*checkpoint: .*ulimit -f");
    EXPECT_EQ(text_of(path), "old");
}

TEST_F(FilesTest, FullDiskIsNamedWithItsRemedy) {
    const std::string sentence = write_error("run/last.safetensors", ENOSPC).what();
    EXPECT_EQ(sentence,
              "[file] Cannot write run/last.safetensors: No space left on device. Free some space or write to another "
              "disk.");
}

TEST_F(FilesTest, WritingToAFullDeviceReportsNoSpace) {
    std::FILE* full = std::fopen("/dev/full", "w");
    if (full == nullptr) GTEST_SKIP() << "this system has no /dev/full";
    FileDescriptor descriptor(::dup(::fileno(full)));
    std::fclose(full);
    EXPECT_EQ(descriptor.write_all(std::as_bytes(std::span("text"))), ENOSPC);
}

TEST_F(FilesTest, ClosingTwiceClosesOnce) {
    FileDescriptor first(::dup(0));
    FileDescriptor second(std::move(first));
    EXPECT_TRUE(second.is_open());
    EXPECT_EQ(second.close(), 0);
    EXPECT_FALSE(second.is_open());
    EXPECT_EQ(second.close(), 0);
}

TEST_F(FilesTest, EnsureFolderCreatesParentsAndAcceptsWhatIsThere) {
    ensure_folder(folder_ / "a" / "b");
    ensure_folder(folder_ / "a" / "b");
    EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b"));
}

TEST_F(FilesTest, EnsureFolderRefusesAFileInTheWay) {
    write_file_atomically(folder_ / "a", "text");
    for (const fs::path& path : {folder_ / "a", folder_ / "a" / "b"}) {
        const std::string sentence = sentence_of<Error>([&] { ensure_folder(path); });
        EXPECT_NE(sentence.find("Cannot create the folder " + path.string()), std::string::npos) << sentence;
    }
}

TEST_F(FilesTest, UnreadableFilesAreDataErrors) {
    EXPECT_NE(sentence_of<DataError>([&] { read_whole_file(folder_ / "none"); }).find("No such file"),
              std::string::npos);
    EXPECT_NE(sentence_of<DataError>([&] { read_whole_file(folder_); }).find("it is a folder"), std::string::npos);
    ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
    EXPECT_NE(sentence_of<DataError>([&] { read_whole_file(folder_ / "pipe"); }).find("not a regular file"),
              std::string::npos);
}

}  // namespace
}  // namespace sinter
