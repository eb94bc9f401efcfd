// Downloads from file:// mirrors: what is kept, what is refused, and that nothing is left behind.
#include "core/files/download.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/data/find_data.h"
#include "core/files/sha256.h"
#include "tests/common/data_files.h"
#include "tests/common/environment.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

using namespace tests;
namespace fs = std::filesystem;

class Download : public testing::Test {
protected:
    void SetUp() override {
        if (std::system("curl --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "curl is not installed";
    }
    /// The base URL of a mirror below the test's folder.
    std::string mirror(const std::string& name) { return "file://" + (folder_ / name).string(); }
    static PublishedFile published(const std::string& name, const Bytes& content) {
        return {name, sha256_hex(content)};
    }

    std::optional<std::string> get(const std::vector<PublishedFile>& files, const std::vector<std::string>& mirrors) {
        return download(files, mirrors, cache_, [&](const std::string& sentence) { said_.push_back(sentence); });
    }

    TemporaryFolder folder_;
    fs::path cache_ = folder_ / "cache/mnist";
    std::vector<std::string> said_;
};

TEST_F(Download, KeepsFilesWhoseHashIsRight) {
    write_file(folder_ / "mirror/a", {1, 2, 3});
    write_file(folder_ / "mirror/b", {4});
    EXPECT_EQ(get({published("a", {1, 2, 3}), published("b", {4})}, {mirror("mirror")}), std::nullopt);
    EXPECT_EQ(fs::file_size(cache_ / "a"), 3u);
    EXPECT_EQ(fs::file_size(cache_ / "b"), 1u);
    EXPECT_EQ(std::distance(fs::directory_iterator(cache_), {}), 2) << "temporary files were left behind";
    EXPECT_EQ(said_.size(), 2u);
}

TEST_F(Download, RefusesAWrongHashAndLeavesNothing) {
    write_file(folder_ / "mirror/a", {1, 2, 3});
    const auto failure = get({published("a", {1, 2, 4})}, {mirror("mirror")});
    ASSERT_TRUE(failure);
    expect_says(*failure, {"mirror/a is not the published file", "expected SHA-256 " + sha256_hex(Bytes{1, 2, 4}),
                           "came " + sha256_hex(Bytes{1, 2, 3})});
    EXPECT_TRUE(fs::is_empty(cache_));
}

TEST_F(Download, GoesOnToTheNextMirrorAndStaysThere) {
    write_file(folder_ / "wrong/a", {9});
    write_file(folder_ / "right/a", {1});
    write_file(folder_ / "right/b", {2});
    EXPECT_EQ(get({published("a", {1}), published("b", {2})}, {mirror("none"), mirror("wrong"), mirror("right/")}),
              std::nullopt);
    EXPECT_EQ(std::distance(fs::directory_iterator(cache_), {}), 2);
    EXPECT_EQ(said_.size(), 6u) << "three tries, two failures, and one try for the second file";
}

TEST_F(Download, GivesUpAfterTheFirstFileThatNoMirrorHas) {
    write_file(folder_ / "mirror/b", {2});
    EXPECT_TRUE(get({published("a", {1}), published("b", {2})}, {mirror("mirror")}));
    EXPECT_EQ(said_.size(), 2u);
    EXPECT_TRUE(fs::is_empty(cache_));
}

TEST_F(Download, LeavesFilesAloneThatAreThere) {
    write_file(cache_ / "a", {7, 7});
    EXPECT_EQ(get({published("a", {1})}, {mirror("none")}), std::nullopt);
    EXPECT_EQ(fs::file_size(cache_ / "a"), 2u);
    EXPECT_TRUE(said_.empty());
}

TEST_F(Download, SaysThatTheFolderCannotBeMade) {
    write_file(folder_ / "cache", {1});
    const auto failure = get({published("a", {1})}, {mirror("mirror")});
    ASSERT_TRUE(failure);
    expect_says(*failure, {"cache/mnist", "could not be made"});
}

TEST_F(Download, AMirrorIsNoOptionOfCurl) {
    for (const char* mirror : {"--version", "-o/tmp/x", "-K/etc/passwd"}) {
        const auto failure = get({published("a", {1})}, {mirror});
        ASSERT_TRUE(failure);
        EXPECT_TRUE(fs::is_empty(cache_)) << mirror;
    }
}

TEST_F(Download, AFileWithoutEndIsGivenUp) {
    fs::create_directory(folder_ / "mirror");
    fs::create_symlink("/dev/zero", folder_ / "mirror/a");
    const auto failure = get({published("a", {1})}, {mirror("mirror")});
    ASSERT_TRUE(failure);
    EXPECT_TRUE(fs::is_empty(cache_));
}

TEST_F(Download, SweepsUpAfterAKilledProcess) {
    write_file(folder_ / "mirror/a", {1});
    write_file(cache_ / ".a.17-0.tmp", {1});
    write_file(cache_ / ".notes.tmp", {1});
    EXPECT_EQ(get({published("a", {1})}, {mirror("mirror")}), std::nullopt);
    EXPECT_FALSE(fs::exists(cache_ / ".a.17-0.tmp"));
    EXPECT_TRUE(fs::exists(cache_ / ".notes.tmp"));
}

TEST_F(Download, SaysThatCurlIsMissing) {
    const ScopedEnvironment path("PATH", folder_.path().string());
    const auto failure = get({published("a", {1})}, {mirror("mirror")});
    ASSERT_TRUE(failure);
    expect_says(*failure, {"curl could not be started", "No such file"});
}

// Files that are well formed but not the ones that were published must not reach training.
TEST_F(Download, FindDataRefusesAMirrorWithOtherFiles) {
    write_file(folder_ / "mirror/t10k-labels-idx1-ubyte.gz", gzip(idx_bytes({5}, 5, 10)));
    const ScopedEnvironment data("SINTER_DATA_DIR", std::nullopt), offline("SINTER_OFFLINE", std::nullopt);
    const ScopedEnvironment cache("SINTER_CACHE_DIR", (folder_ / "cache").string());
    const ScopedEnvironment url("SINTER_MNIST_URL", mirror("mirror"));
    const DataSplits found = find_data({}, {}, {});
    EXPECT_EQ(found.train.name, "digits");
    expect_says(found.source, {"could not be downloaded", "is not the published file", "f7ae60f92e00ec6d"});
    EXPECT_TRUE(fs::is_empty(cache_));
}

}  // namespace
}  // namespace sinter
