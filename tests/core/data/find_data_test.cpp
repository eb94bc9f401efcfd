// The order in which find_data looks for data, and what it makes of a request.
#include "core/data/find_data.h"

#include <gtest/gtest.h>

#include "core/data/describe.h"
#include "core/data/formats/digits.h"
#include "core/data/known_sets.h"
#include "tests/common/environment.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"
#include "tests/core/data/mnist_set.h"

namespace sinter {
namespace {

using namespace tests;
namespace fs = std::filesystem;

/// find_data in an environment where only what a test sets is set, and nothing is downloaded.
class FindData : public testing::Test {
protected:
    TemporaryFolder folder_;
    ScopedEnvironment data_{"SINTER_DATA_DIR", std::nullopt}, cache_{"SINTER_CACHE_DIR", (folder_ / "cache").string()},
        xdg_{"XDG_CACHE_HOME", std::nullopt}, home_{"HOME", (folder_ / "home").string()},
        url_{"SINTER_MNIST_URL", std::nullopt}, offline_{"SINTER_OFFLINE", "1"};
    std::vector<std::string> said_;

    DataSplits find(const std::optional<fs::path>& option = {}, const ImageRequest& request = {}) {
        return find_data(option, request, [&](const std::string& sentence) { said_.push_back(sentence); });
    }
};

TEST_F(FindData, TheOptionComesFirst) {
    write_set(folder_ / "option");
    write_set(folder_ / "variable");
    const ScopedEnvironment variable("SINTER_DATA_DIR", (folder_ / "variable").string());
    const DataSplits data = find(folder_ / "option");
    expect_set(data, "option");
    expect_says(data.source, {"option", "12 + 5 images of 4 x 6", "--data"});
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

TEST_F(FindData, ANameMeansThatSetAndNoOther) {
    expect_says(data_error([&] { find("mnist"); }), {"SINTER_OFFLINE is 1", "./mnist", "--data"});
    for (const char* name : {"fashion-mnist", "kmnist", "cifar10"})
        expect_says(data_error([&] { find(name); }), {name, (folder_ / "cache").string(), "--data"});
    // A set of another kind, by whatever way it came there.
    write_set(folder_ / "cache/mnist");
    write_set(folder_ / "data/FashionMNIST");
    const ScopedEnvironment variable("SINTER_DATA_DIR", (folder_ / "data").string());
    expect_says(data_error([&] { find("mnist"); }), {"cache/mnist", "expected the published mnist", "12 + 5 images"});
    expect_says(data_error([&] { find("fashion-mnist"); }),
                {"data/FashionMNIST", "expected the published fashion-mnist"});
    const DataSplits digits = find("digits");
    EXPECT_EQ(digits.train.name, "digits");
    EXPECT_EQ(digits.place, "digits");
}

TEST_F(FindData, ASetOfTheRightSizesIsNotYetMnist) {
    DataSplits data = make_digits(60000, 10000, 0);
    data.content = content_hash(data);
    for (const KnownSet& set : known_sets()) {
        SCOPED_TRACE(set.name);
        if (set.channels == 1 && *set.content == '\0') continue;
        expect_says(data_error([&] { require_known_set(set, data, "folder"); }), {"expected the published", set.name});
    }
    EXPECT_NO_THROW(require_known_set(*find_known_set("kmnist"), data, "folder")) << "nobody here knows its content";
    data.content = find_known_set("mnist")->content;
    EXPECT_NO_THROW(require_known_set(*find_known_set("mnist"), data, "folder"));
    expect_says(data_error([&] { require_known_set(*find_known_set("kmnist"), data, "folder"); }), {"found mnist"});
}

TEST_F(FindData, SaysWhereItIsToBeFoundAgain) {
    write_set(folder_ / "option");
    for (const fs::path& option : {folder_ / "option", folder_ / "option/../option/."}) {
        const DataSplits data = find(option, {.height = 3, .width = 2});
        EXPECT_EQ(data.place, (folder_ / "option").string()) << option;
        EXPECT_EQ(data.content, find(folder_ / "option").content) << "as they lay there, before they were fitted";
    }
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

TEST_F(FindData, FitsTheImagesToTheRequest) {
    write_set(folder_ / "set");
    const DataSplits data = find(folder_ / "set", {.height = 3, .width = 2, .channels = 3});
    for (const ImageSet* set : {&data.train, &data.test}) {
        EXPECT_EQ(set->height, 3);
        EXPECT_EQ(set->width, 2);
        EXPECT_EQ(set->channels, 3);
        EXPECT_EQ(static_cast<std::int64_t>(set->pixels.size()), set->count * 18);
    }
    // The first image holds 0, 1, 2, ... in rows of 4: its first 2 x 2 pixels are 0, 1, 4, 5, their mean 2.5.
    EXPECT_EQ(std::vector<std::uint8_t>(data.train.pixels.begin(), data.train.pixels.begin() + 6),
              (std::vector<std::uint8_t>{3, 3, 3, 5, 5, 5}));
    EXPECT_EQ(data.class_names, (std::vector<std::string>{"0", "1", "2", "3"}));
    expect_says(data.source, {"12 + 5 colour images of 2 x 3", "fitted from 4 x 6"});

    const DataSplits digits = find("digits", {.height = 32, .width = 32});
    EXPECT_EQ(digits.train.pixels.size(), 60000u * 32 * 32);
    expect_says(digits.source, {"60000 + 10000 images of 32 x 32", "fitted from 28 x 28"});
    EXPECT_EQ(digits.class_names.size(), 10u);
}

TEST_F(FindData, RefusesSizesThatNoMemoryHolds) {
    expect_says(data_error([&] { find("digits", {.height = 16384, .width = 16384}); }),
                {"digits: 60000 images fitted to 16384 x 16384 take 16106.1 GB", "choose a smaller size"});
}

TEST_F(FindData, RefusesRequestsThatMakeNoSense) {
    for (const ImageRequest& request : {ImageRequest{.height = 32}, ImageRequest{.height = -1, .width = -1},
                                        ImageRequest{.height = 1 << 20, .width = 32}, ImageRequest{.channels = 2}})
        EXPECT_THROW(find("digits", request), UsageError);
}

}  // namespace
}  // namespace sinter
