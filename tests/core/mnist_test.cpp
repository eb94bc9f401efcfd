// Loading MNIST-like folders, and the order in which find_data looks for data.
#include "core/data/mnist.h"

#include <gtest/gtest.h>

#include "tests/core/data_files.h"

namespace sinter {
namespace {

using namespace testing_data;
namespace fs = std::filesystem;

constexpr int kTrain = 12, kTest = 5;

/// Four files of 6 x 4 images with labels of four classes; `separator` is '-' or '.'.
void write_set(const fs::path& folder, bool packed = true, char separator = '-', std::uint32_t height = 6) {
    const auto write = [&](std::string name, const Bytes& content) {
        for (std::size_t at = name.find('_'); at != std::string::npos; at = name.find('_')) name[at] = separator;
        write_file(folder / (name + (packed ? ".gz" : "")), packed ? gzip(content) : content);
    };
    write("train-images_idx3-ubyte", idx_bytes({kTrain, height, 4}, kTrain * height * 4));
    write("train-labels_idx1-ubyte", idx_bytes({kTrain}, kTrain, 4));
    write("t10k-images_idx3-ubyte", idx_bytes({kTest, height, 4}, kTest * height * 4, 7));
    write("t10k-labels_idx1-ubyte", idx_bytes({kTest}, kTest, 3));
}

void expect_set(const DataSplits& data, const std::string& name) {
    for (const ImageSet* set : {&data.train, &data.test}) {
        EXPECT_EQ(set->height, 6);
        EXPECT_EQ(set->width, 4);
        EXPECT_EQ(set->channels, 1);
        EXPECT_EQ(set->classes, 4);
        EXPECT_EQ(set->name, name);
    }
    EXPECT_EQ(data.train.count, kTrain);
    EXPECT_EQ(data.train.pixels.size(), kTrain * 24u);
    EXPECT_EQ(data.train.pixels[250], 250);
    EXPECT_EQ(data.train.labels, (Bytes{0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3}));
    EXPECT_EQ(data.test.count, kTest);
    EXPECT_EQ(data.test.pixels[8], 1);
    EXPECT_EQ(data.test.labels, (Bytes{0, 1, 2, 0, 1}));
}

TEST(Mnist, LoadsRawAndGzipUnderBothKindsOfNames) {
    const TemporaryFolder folder;
    for (const bool packed : {false, true}) {
        for (const char separator : {'-', '.'}) {
            const fs::path set = folder / (std::string(packed ? "packed" : "raw") + "_files" + separator);
            write_set(set, packed, separator);
            expect_set(load_mnist(set), set.filename().string());
        }
    }
}

TEST(Mnist, FindsTorchvisionsFolders) {
    const TemporaryFolder folder;
    write_set(folder / "MNIST/raw");
    expect_set(load_mnist(folder.path()), "MNIST");
    expect_set(load_mnist(folder / "MNIST"), "MNIST");
    expect_set(load_mnist(folder / "MNIST/raw"), "MNIST");
    expect_set(load_mnist(folder / "MNIST/raw/"), "MNIST");
    write_set(folder / "fashion/FashionMNIST/raw");
    expect_set(load_mnist(folder / "fashion"), "FashionMNIST");
}

TEST(Mnist, SaysWhichNamesItLookedFor) {
    const TemporaryFolder folder;
    write_set(folder / "set");
    fs::remove(folder / "set/t10k-labels-idx1-ubyte.gz");
    const std::string sentence = data_error([&] { load_mnist(folder / "set"); });
    expect_says(sentence, {"[data] ", "set lacks",
                           "t10k-labels-idx1-ubyte, t10k-labels.idx1-ubyte, t10k-labels-idx1-ubyte.gz, "
                           "t10k-labels.idx1-ubyte.gz"});
    EXPECT_EQ(sentence.find("train-images"), std::string::npos) << "names a file that is there: " << sentence;
    expect_says(data_error([&] { load_mnist(folder / "none"); }), {"none", "no such folder"});
    expect_says(data_error([&] { load_mnist(folder / "set/train-images-idx3-ubyte.gz"); }), {"something else"});
}

TEST(Mnist, RefusesFilesThatDoNotBelongTogether) {
    const TemporaryFolder folder;
    write_set(folder / "set", false);
    write_file(folder / "set/t10k-labels-idx1-ubyte", idx_bytes({6}, 6));
    expect_says(data_error([&] { load_mnist(folder / "set"); }),
                {"t10k-labels-idx1-ubyte holds 6 labels", "t10k-images-idx3-ubyte holds 5 images"});
    write_set(folder / "set", false);
    write_file(folder / "set/t10k-images-idx3-ubyte", idx_bytes({5, 4, 6}, 120));
    expect_says(data_error([&] { load_mnist(folder / "set"); }), {"images of 6 x 4", "of 4 x 6", "expected one size"});
    write_set(folder / "set", false);
    write_file(folder / "set/train-images-idx3-ubyte", idx_bytes({0, 6, 4}, 0));
    write_file(folder / "set/train-labels-idx1-ubyte", idx_bytes({0}, 0));
    expect_says(data_error([&] { load_mnist(folder / "set"); }), {"at least one image", "0 x 6 x 4"});
}

TEST(Mnist, PassesOnWhatIsWrongWithAFile) {
    const TemporaryFolder folder;
    write_set(folder / "set", false);
    write_file(folder / "set/train-images-idx3-ubyte", {1, 2, 3, 4});
    expect_says(data_error([&] { load_mnist(folder / "set"); }), {"train-images-idx3-ubyte", "IDX magic"});
}

/// find_data in an environment where only what a test sets is set, and nothing is downloaded.
class FindData : public testing::Test {
protected:
    TemporaryFolder folder_;
    ScopedEnvironment data_{"SINTER_DATA_DIR", std::nullopt}, cache_{"SINTER_CACHE_DIR", (folder_ / "cache").string()},
        xdg_{"XDG_CACHE_HOME", std::nullopt}, home_{"HOME", (folder_ / "home").string()},
        url_{"SINTER_MNIST_URL", std::nullopt}, offline_{"SINTER_OFFLINE", "1"};
    std::vector<std::string> said_;

    DataSplits find(const std::optional<fs::path>& option = {}) {
        return find_data(option, [&](const std::string& sentence) { said_.push_back(sentence); });
    }
};

TEST_F(FindData, TheOptionComesFirst) {
    write_set(folder_ / "option");
    write_set(folder_ / "variable");
    const ScopedEnvironment variable("SINTER_DATA_DIR", (folder_ / "variable").string());
    const DataSplits data = find(folder_ / "option");
    expect_set(data, "option");
    expect_says(data.source, {"option", "12 + 5 images of 6 x 4", "--data"});
    EXPECT_EQ(find("digits").train.name, "digits");
}

TEST_F(FindData, ThenTheVariable) {
    write_set(folder_ / "variable");
    write_set(folder_ / "cache/mnist");
    const ScopedEnvironment variable("SINTER_DATA_DIR", (folder_ / "variable").string());
    const DataSplits data = find();
    expect_set(data, "variable");
    expect_says(data.source, {"variable", "SINTER_DATA_DIR"});
}

TEST_F(FindData, ThenTheCache) {
    write_set(folder_ / "cache/mnist");
    const DataSplits data = find();
    expect_set(data, "mnist");
    expect_says(data.source, {"mnist", "it is in the cache"});
}

TEST_F(FindData, TheCacheFolderFollowsTheXdgSpecification) {
    const ScopedEnvironment none("SINTER_CACHE_DIR", "");
    write_set(folder_ / "home/.cache/sinter/mnist");
    expect_says(find().source, {"home/.cache/sinter/mnist"});
    const ScopedEnvironment xdg("XDG_CACHE_HOME", (folder_ / "xdg").string());
    write_set(folder_ / "xdg/sinter/mnist");
    expect_says(find().source, {"xdg/sinter/mnist"});
    const ScopedEnvironment relative("XDG_CACHE_HOME", "relative");
    expect_says(find().source, {"home/.cache/sinter/mnist"});
}

TEST_F(FindData, ThenDigitsAndSaysWhy) {
    const DataSplits data = find();
    EXPECT_EQ(data.train.name, "digits");
    EXPECT_EQ(data.train.count, 60000);
    EXPECT_EQ(data.test.count, 10000);
    expect_says(data.source,
                {"digits", "--data", "SINTER_DATA_DIR", (folder_ / "cache").string(), "SINTER_OFFLINE is 1"});
    EXPECT_FALSE(fs::exists(folder_ / "cache")) << "looking for data should leave nothing behind";
}

TEST_F(FindData, WhatWasAskedForIsNeverReplaced) {
    write_set(folder_ / "cache/mnist");
    expect_says(data_error([&] { find(folder_ / "none"); }), {"none", "no such folder", "--data"});
    const ScopedEnvironment variable("SINTER_DATA_DIR", (folder_ / "none").string());
    expect_says(data_error([&] { find(); }), {"none", "no such folder", "SINTER_DATA_DIR"});
}

TEST_F(FindData, DamageInTheCacheIsAnError) {
    write_set(folder_ / "cache/mnist", false);
    write_file(folder_ / "cache/mnist/t10k-labels-idx1-ubyte", {});
    expect_says(data_error([&] { find(); }), {"t10k-labels-idx1-ubyte", "too short", "it is in the cache"});
    const ScopedEnvironment file("SINTER_CACHE_DIR", write_file(folder_ / "file", idx_bytes({1}, 1)).string());
    expect_says(data_error([&] { find(); }), {"file", "SINTER_CACHE_DIR"});
}

TEST_F(FindData, AFailedDownloadEndsInDigitsAndSaysWhy) {
    const ScopedEnvironment online("SINTER_OFFLINE", "0");
    const std::string url = "file://" + (folder_ / "mirror").string();
    const ScopedEnvironment mirror("SINTER_MNIST_URL", url);
    const DataSplits data = find();
    EXPECT_EQ(data.train.name, "digits");
    expect_says(data.source, {"could not be downloaded: ", "curl"});
    ASSERT_EQ(said_.size(), 2u) << "one file should have been tried, once";
    expect_says(said_[0], {"t10k-labels-idx1-ubyte.gz", url});
}

}  // namespace
}  // namespace sinter
