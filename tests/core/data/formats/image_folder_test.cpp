// Folders of images: what is found in which arrangement, what happens to odd files, and the cache of decoded images.
#include "core/data/formats/image_folder.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>
#include <fstream>

#include "tests/common/data_files.h"
#include "tests/common/environment.h"
#include "tests/common/errors.h"
#include "tests/common/image_files.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

using namespace tests;
namespace fs = std::filesystem;
using Labels = std::vector<std::uint8_t>;
using Names = std::vector<std::string>;

class ImageFolder : public testing::Test {
protected:
    TemporaryFolder folder_;
    fs::path set_ = folder_ / "set";
    ScopedEnvironment cache_{"SINTER_CACHE_DIR", (folder_ / "cache").string()};
    Names said_;

    /// A grey PNG file of 4 x 4 pixels of one value.
    void png(const std::string& name, std::uint8_t value, int side = 4, int channels = 1) {
        write_file(set_ / name, png_bytes(plain_image(side, side, channels, value)));
    }
    /// Files a/00.png to a/count-1.png with the values 0, 1, ...
    void pngs(const std::string& folder, int count) {
        for (int i = 0; i < count; ++i)
            png(folder + (i < 10 ? "0" : "") + std::to_string(i) + ".png", static_cast<std::uint8_t>(i));
    }
    DataSplits load(const ImageRequest& request = {}) {
        said_.clear();
        return load_image_folder(set_, request, [&](const std::string& sentence) { said_.push_back(sentence); });
    }
    std::string all_said() const {
        std::string all;
        for (const std::string& sentence : said_) all += sentence + "\n";
        return all;
    }
    bool decoded() const { return all_said().find("Decoding") != std::string::npos; }
};

/// The first pixel of every image.
Labels values(const ImageSet& set) {
    Labels first;
    for (std::int64_t n = 0; n < set.count; ++n) first.push_back(pixel(set, n));
    return first;
}

TEST_F(ImageFolder, SplitsAndClassesComeFromTheFolders) {
    png("train/cat/b.png", 12);
    png("train/cat/a.png", 11);
    png("train/ant/x.PNG", 1);
    png("test/cat/a.png", 13);
    png("test/dog/deep/er/a.png", 21);  // a class without train images
    const DataSplits data = load();
    EXPECT_EQ(data.class_names, (Names{"ant", "cat", "dog"}));
    EXPECT_EQ(values(data.train), (Labels{1, 11, 12}));
    EXPECT_EQ(data.train.labels, (Labels{0, 1, 1}));
    EXPECT_EQ(values(data.test), (Labels{13, 21}));
    EXPECT_EQ(data.test.labels, (Labels{1, 2}));
    EXPECT_EQ(data.train.classes, 3);
    EXPECT_EQ(data.test.classes, 3);
    EXPECT_EQ(data.train.name, "set");
    EXPECT_EQ(data.train.pixels.size(), 3u * 16);
    expect_says(data.source, {"set, 3 + 2 images of 4 x 4", "those in test/", set_.string()});
}

TEST_F(ImageFolder, TheValidationFolderServesAsTest) {
    png("train/a/a.png", 1);
    png("val/a/a.png", 2);
    EXPECT_EQ(values(load().test), (Labels{2}));
}

TEST_F(ImageFolder, TrainsAreAClassAmongOthers) {
    png("train/a.png", 1);
    png("plane/a.png", 2);
    EXPECT_EQ(load().class_names, (Names{"plane", "train"}));
    fs::remove_all(set_ / "plane");
    png("train/cat/a.png", 1);
    fs::remove(set_ / "train/a.png");
    EXPECT_EQ(load().class_names, (Names{"cat"})) << "alone it is a split";
}

TEST_F(ImageFolder, WithoutATestFolderEveryTenthImageIsOne) {
    pngs("a/", 15);
    pngs("b/", 10);
    const DataSplits data = load();
    EXPECT_EQ(data.train.count, 23);
    EXPECT_EQ(values(data.test), (Labels{9, 4}));
    EXPECT_EQ(data.test.labels, (Labels{0, 1}));
    expect_says(data.source, {"every 10th image"});
}

TEST_F(ImageFolder, ImagesWithoutClassFoldersHaveNoLabels) {
    pngs("", 20);
    const DataSplits data = load();
    EXPECT_EQ(values(data.test), (Labels{9, 19}));
    EXPECT_TRUE(data.train.labels.empty());
    EXPECT_EQ(data.train.classes, 0);
    EXPECT_TRUE(data.class_names.empty());

    fs::remove_all(set_);
    pngs("train/", 3);
    png("test/a.png", 7);
    const DataSplits split = load();
    EXPECT_EQ(values(split.train), (Labels{0, 1, 2}));
    EXPECT_EQ(values(split.test), (Labels{7}));
}

TEST_F(ImageFolder, FewImagesStillMakeBothSplits) {
    pngs("", 3);
    EXPECT_EQ(values(load().train), (Labels{0, 1}));
    EXPECT_EQ(values(load().test), (Labels{2}));
    fs::remove_all(set_);
    pngs("", 1);
    const DataSplits one = load();
    EXPECT_EQ(values(one.train), (Labels{0}));
    EXPECT_EQ(values(one.test), (Labels{0}));
    expect_says(one.source, {"the single image is also the test image"});
}

TEST_F(ImageFolder, BrokenFilesAreNamedLeftOutAndCounted) {
    pngs("train/a/", 3);
    Bytes cut = jpeg_bytes(plain_image(4, 4, 1, 9));
    cut.erase(cut.end() - 10, cut.end());
    write_file(set_ / "train/a/01x.jpg", cut);
    Bytes flipped = png_bytes(plain_image(4, 4, 1, 9));
    flipped[flipped.size() - 15] ^= 1;  // in the checksum of the pixels
    write_file(set_ / "train/a/02x.png", flipped);
    write_file(set_ / "train/a/00x.png", {'n', 'o'});
    fs::create_symlink("nowhere", set_ / "train/a/link.png");
    png("test/a/0.png", 5);
    for (int run = 0; run < 2; ++run) {  // the second from the cache
        const DataSplits data = load();
        EXPECT_EQ(values(data.train), (Labels{0, 1, 2}));
        EXPECT_EQ(data.train.labels, (Labels{0, 0, 0}));
        EXPECT_EQ(data.skipped, 4);
        expect_says(data.source, {"4 unreadable file(s) left out"});
        expect_says(all_said(),
                    {"01x.jpg: expected a sound image", "00x.png: expected a PNG, JPEG", "link.png",
                     "02x.png: expected a sound image, came one that cannot be decoded: invalid chunk checksum"});
        EXPECT_EQ(decoded(), run == 0);
    }
}

TEST_F(ImageFolder, OnlyTheFirstOfManyBrokenFilesAreNamed) {
    pngs("", 10);
    for (int i = 0; i < 9; ++i) write_file(set_ / ("z" + std::to_string(i) + ".png"), {1});
    EXPECT_EQ(load().skipped, 9);
    expect_says(all_said(), {"z4.png", "4 more image files"});
    EXPECT_EQ(all_said().find("z5.png"), std::string::npos);
}

TEST_F(ImageFolder, NothingLeftIsAnError) {
    write_file(set_ / "a.png", {1});
    expect_says(data_error([&] { load(); }), {"none of the files could be read", "a.png"});
    png("b.png", 1);  // a.png is train, b.png test
    expect_says(data_error([&] { load(); }), {"expected readable train images"});
    fs::remove_all(set_);
    fs::create_directories(set_ / "train/cat");
    expect_says(data_error([&] { load(); }), {set_.string(), "expected", "image files", "train/ has no image"});
    fs::remove_all(set_);
    expect_says(data_error([&] { load(); }), {set_.string(), "No such file"});
}

TEST_F(ImageFolder, AnUnreadableFolderIsAnError) {
    if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
    png("a/a.png", 1);
    png("b/b.png", 1);
    ::chmod((set_ / "b").c_str(), 0);
    expect_says(data_error([&] { load(); }), {(set_ / "b").string(), "Permission denied"});
    ::chmod((set_ / "b").c_str(), 0700);
}

TEST_F(ImageFolder, AMixOfGreyAndColourIsColourUnlessAskedOtherwise) {
    png("0.png", 10);
    write_file(set_ / "1.png", png_bytes({4, 4, 3, [] {
                                              Bytes red;
                                              for (int i = 0; i < 16; ++i) red.insert(red.end(), {255, 0, 0});
                                              return red;
                                          }()}));
    png("2.png", 30);
    const DataSplits mixed = load();
    EXPECT_EQ(mixed.train.channels, 3);
    for (int c = 0; c < 3; ++c) {
        EXPECT_EQ(pixel(mixed.train, 0, c), 10);
        EXPECT_EQ(pixel(mixed.train, 1, c), c == 0 ? 255 : 0);
    }
    expect_says(mixed.source, {"colour images"});
    const DataSplits grey = load({.channels = 1});
    EXPECT_EQ(grey.train.channels, 1);
    EXPECT_EQ(values(grey.train), (Labels{10, 76}));
    fs::remove(set_ / "1.png");
    EXPECT_EQ(load().train.channels, 1);
    EXPECT_EQ(load({.channels = 3}).train.channels, 3);
}

TEST_F(ImageFolder, AnEmptyClassFolderIsRemarkedAndKeepsItsNumber) {
    png("train/ant/a.png", 1);
    png("train/cat/a.png", 3);
    fs::create_directories(set_ / "train/bee");
    png("test/ant/a.png", 1);
    const DataSplits data = load();
    EXPECT_EQ(data.class_names, (Names{"ant", "bee", "cat"}));
    EXPECT_EQ(data.train.labels, (Labels{0, 2}));
    expect_says(all_said(), {"class folder bee holds no images"});
}

TEST_F(ImageFolder, OtherFilesLyingAroundArePassedOver) {
    pngs("a/", 3);
    write_file(set_ / "README.md", {1});
    write_file(set_ / "a/Thumbs.db", {1});
    write_file(set_ / "a/._00.png", {1});
    write_file(set_ / ".git/x.png", {1});
    write_file(set_ / "__MACOSX/a/00.png", {1});
    png("lonely.png", 99);
    ASSERT_EQ(::mkfifo((set_ / "a/pipe.png").c_str(), 0600), 0);
    const DataSplits data = load();
    EXPECT_EQ(data.train.count + data.test.count, 3);
    EXPECT_EQ(data.skipped, 0);
    EXPECT_EQ(data.class_names, (Names{"a"}));
    expect_says(all_said(), {"left out 1 image(s) that lie beside the class folders", "lonely.png",
                             "passed over what is not named like an image: 1 .db, 1 .md, 1 .png"});
}

TEST_F(ImageFolder, PicturesOfOtherKindsAreCountedByTheirEndings) {
    pngs("", 2);
    for (const char* name : {"a.bmp", "b.BMP", "c.tif", "d.gif", "e"}) write_file(set_ / name, {1});
    load();
    expect_says(all_said(),
                {"passed over what is not named like an image: 2 .bmp, 1 .gif, 1 .tif, 1 without an ending"});
    fs::remove(set_ / "00.png");
    fs::remove(set_ / "01.png");
    expect_says(data_error([&] { load(); }), {"found none of them among 2 .bmp, 1 .gif"});
}

TEST_F(ImageFolder, TheRangeOfSixteenBitsIsThatOfTheSet) {
    for (const int i : {0, 1, 2}) {
        const tests::Bytes content = png16_bytes(plain_image(4, 4, 1, static_cast<std::uint8_t>(5 * i)));
        write_file(set_ / (std::to_string(i) + ".png"), content);  // up to 10 * 256 + 77
    }
    DataSplits data = load();
    expect_says(all_said(), {"the numbers of 3 image(s) of 16 bits go up to 2637", "4095 is white", "--range"});
    EXPECT_EQ(pixel(data.test, 0), 164);  // 2637 of 4095
    data = load({.fitting = {.range = 2637}});
    EXPECT_EQ(pixel(data.test, 0), 255);
    EXPECT_TRUE(decoded()) << "another range, another file in the cache";
}

TEST_F(ImageFolder, ImagesFromWhichNothingCanBeLearnedAreWarnedOf) {
    for (const char* name : {"0.png", "1.png", "2.png"}) write_file(set_ / name, png_bytes(plain_image(4, 4, 2, 0)));
    load();
    expect_says(all_said(), {"warning: all 3 images are equal", "nearly white all over", "--background black"});
    load();
    EXPECT_FALSE(decoded());
    expect_says(all_said(), {"warning: all 3 images are equal"});
    load({.fitting = {.background = kBlack}});
    expect_says(all_said(), {"nearly black all over"});
}

TEST_F(ImageFolder, LargeImagesNeedASize) {
    png("0.png", 1, 1025);
    expect_says(data_error([&] { load(); }), {"at most 1024 pixels a side", "0.png is 1025 x 1025", "--size"});
    EXPECT_FALSE(decoded()) << "before anything is decoded";
    EXPECT_EQ(load({.height = 8, .width = 8}).train.height, 8);
    EXPECT_EQ(load({.choose_size = [](std::int64_t height, std::int64_t) { return height / 41; }}).train.height, 25);
}

TEST_F(ImageFolder, WhatMayBeReadAnotherTimeIsNotKeptAsLost) {
    if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
    pngs("", 12);
    fs::permissions(set_ / "03.png", fs::perms::none);
    EXPECT_EQ(load().skipped, 1);
    expect_says(all_said(), {"03.png", "not kept for the next run"});
    fs::permissions(set_ / "03.png", fs::perms::owner_read);
    EXPECT_EQ(load().skipped, 0);
    EXPECT_TRUE(decoded());
}

TEST_F(ImageFolder, ClassesOfOneSetAloneAreRemarked) {
    for (const char* name : {"train/cat/0.png", "train/dog/0.png", "test/cat/0.png", "test/emu/0.png"}) png(name, 9);
    load();
    expect_says(all_said(), {"1 of 3 classes have no train images: emu", "1 of 3 classes have no test images: dog"});
}

TEST_F(ImageFolder, TheCacheKeepsItsLimit) {
    pngs("", 10);
    const auto cached = [&](std::int64_t side) {
        return fs::exists(folder_ / "cache/images") &&
               std::any_of(fs::directory_iterator(folder_ / "cache/images"), fs::directory_iterator(),
                           [&](const fs::directory_entry& entry) {
                               return entry.path().filename().string().find("-" + std::to_string(side) + "x") !=
                                      std::string::npos;
                           });
    };
    const auto load_at = [&](std::int64_t side) { load({.height = side, .width = side}); };
    load_at(4);
    load_at(5);
    load_at(4);  // the last that was used
    EXPECT_FALSE(decoded());
    std::uintmax_t held = 0;
    for (const auto& entry : fs::directory_iterator(folder_ / "cache/images")) held += entry.file_size();
    const std::string limit = std::to_string(held + 300);
    const ScopedEnvironment most("SINTER_CACHE_LIMIT", limit);
    load_at(6);
    expect_says(all_said(), {"-5x5-", "removed, because decoded images take more than " + limit});
    EXPECT_TRUE(cached(4) && !cached(5) && cached(6));
}

TEST_F(ImageFolder, EqualNamesInDifferentPlacesAreDifferentImages) {
    png("a/x.png", 1);
    png("a/x.PNG", 2);
    png("a/sub/x.png", 3);
    png("A/x.png", 4);
    write_file(set_ / "a/x.jpg", jpeg_bytes(plain_image(4, 4, 1, 100)));
    const DataSplits data = load();
    EXPECT_EQ(data.class_names, (Names{"A", "a"}));
    EXPECT_EQ(data.train.count + data.test.count, 5);
}

TEST_F(ImageFolder, LinksThatLeadBackArePassedOver) {
    pngs("train/a/", 3);
    png("train/b/x.png", 9);
    png("test/a/0.png", 5);
    // Two of them double the images at every level, which never ends.
    for (const char* link : {"train/a/again", "train/a/once-more"}) fs::create_symlink(".", set_ / link);
    fs::create_symlink("..", set_ / "train/loop");
    fs::create_symlink(set_, set_ / "train/b/top");
    for (int run = 0; run < 2; ++run) {  // the second from the cache
        const DataSplits data = load();
        EXPECT_EQ(data.class_names, (Names{"a", "b"}));
        EXPECT_EQ(values(data.train), (Labels{0, 1, 2, 9}));
        EXPECT_EQ(values(data.test), (Labels{5}));
        for (const char* link : {"train/a/again", "train/a/once-more", "train/loop", "train/b/top"})
            expect_says(all_said(), {(set_ / link).string() + ": passed over, it leads back"});
    }
    const ImageSet all = load_all_images(set_, {}, [&](const std::string& sentence) { said_.push_back(sentence); });
    EXPECT_EQ(all.count, 5);
}

TEST_F(ImageFolder, LinksToOtherFoldersAreFollowed) {
    png("train/a/x.png", 1);
    png("elsewhere/deep/y.png", 2);
    fs::rename(set_ / "elsewhere", folder_ / "elsewhere");
    fs::create_symlink(folder_ / "elsewhere", set_ / "train/b");
    fs::create_symlink("train", set_ / "test");
    fs::create_symlink("../b", set_ / "train/a/also");  // not a folder that it lies in
    const DataSplits data = load();
    EXPECT_EQ(values(data.train), (Labels{2, 1, 2}));
    EXPECT_EQ(data.train.labels, (Labels{0, 0, 1}));
    EXPECT_EQ(values(data.test), values(data.train));
    EXPECT_EQ(all_said().find("passed over"), std::string::npos) << all_said();
}

TEST_F(ImageFolder, DifferentSizesNeedARequest) {
    png("0.png", 10, 8);
    png("1.png", 20, 4);
    png("2.png", 30, 5);
    expect_says(data_error([&] { load(); }), {"0.png is 8 x 8", "1.png is 4 x 4", "--size"});
    const DataSplits data = load({.height = 6, .width = 3});
    EXPECT_EQ(data.train.height, 6);
    EXPECT_EQ(data.train.width, 3);
    EXPECT_EQ(values(data.train), (Labels{10, 20}));
    EXPECT_EQ(values(data.test), (Labels{30}));
}

TEST_F(ImageFolder, MoreClassesThanLabelsCanNumberAreRefused) {
    for (int i = 0; i < 257; ++i) png("class" + std::to_string(i) + "/a.png", 1);
    expect_says(data_error([&] { load(); }), {"at most 256 class folders, came 257"});
}

void expect_equal(const DataSplits& a, const DataSplits& b) {
    EXPECT_EQ(a.train.pixels, b.train.pixels);
    EXPECT_EQ(a.test.pixels, b.test.pixels);
    EXPECT_EQ(a.train.labels, b.train.labels);
    EXPECT_EQ(a.test.labels, b.test.labels);
    EXPECT_EQ(a.train.count, b.train.count);
    EXPECT_EQ(a.class_names, b.class_names);
    EXPECT_EQ(a.source, b.source);
}

TEST_F(ImageFolder, TheCacheHoldsWhatWasDecodedUntilAFileChanges) {
    pngs("a/", 12);
    pngs("b/", 12);
    const DataSplits first = load();
    EXPECT_TRUE(decoded());
    expect_equal(load(), first);
    EXPECT_FALSE(decoded());
    load({.height = 2, .width = 2});
    EXPECT_TRUE(decoded()) << "another request is another file";
    load();
    EXPECT_FALSE(decoded());

    const std::uintmax_t length = fs::file_size(set_ / "a/05.png");
    png("a/05.png", 77);
    ASSERT_EQ(fs::file_size(set_ / "a/05.png"), length) << "only time and content should differ";
    fs::last_write_time(set_ / "a/05.png", fs::file_time_type::clock::now() + std::chrono::seconds(2));
    EXPECT_EQ(pixel(load().train, 5), 77);
    EXPECT_TRUE(decoded());
    fs::remove(set_ / "b/11.png");
    EXPECT_EQ(load().train.count + load().test.count, 23);
    fs::rename(set_ / "b", set_ / "c");
    EXPECT_EQ(load().class_names, (Names{"a", "c"}));
}

TEST_F(ImageFolder, ADamagedCacheIsToldAndMadeAnew) {
    pngs("a/", 12);
    const DataSplits first = load();
    const fs::path cache = fs::directory_iterator(folder_ / "cache/images")->path();
    const std::uintmax_t size = fs::file_size(cache);
    const auto damage = [&](auto change) {
        change();
        expect_equal(load(), first);
        expect_says(all_said(), {cache.string(), "is damaged", "decoding the images again"});
        EXPECT_TRUE(decoded());
        load();
        EXPECT_FALSE(decoded());
    };
    for (const std::uintmax_t cut : {std::uintmax_t{0}, std::uintmax_t{10}, size / 2, size - 1})
        damage([&] { fs::resize_file(cache, cut); });
    for (const std::uintmax_t at : {std::uintmax_t{5}, std::uintmax_t{16 * 12 + 2}, size - 100, size - 20, size - 12}) {
        damage([&] {
            std::fstream file(cache, std::ios::in | std::ios::out | std::ios::binary);
            file.seekg(static_cast<std::streamoff>(at));
            const int old = file.get();
            file.seekp(static_cast<std::streamoff>(at));
            file.put(static_cast<char>(old ^ 1));
        });
    }
}

TEST_F(ImageFolder, ACacheThatCannotBeWrittenIsOnlyMentioned) {
    pngs("a/", 12);
    const DataSplits kept = load();
    const ScopedEnvironment blocked("SINTER_CACHE_DIR", write_file(folder_ / "file", {1}).string());
    expect_equal(load(), kept);
    expect_says(all_said(), {(folder_ / "file").string(), "not kept for the next run"});
    try {
        load({.place = ImageRequest::Place::file});
        FAIL() << "expected an error";
    } catch (const Error& error) {
        expect_says(error.what(), {"do not fit in memory", "SINTER_CACHE_DIR"});
    }
    const ScopedEnvironment none("SINTER_CACHE_DIR", std::nullopt), xdg("XDG_CACHE_HOME", std::nullopt),
        home("HOME", std::nullopt);
    expect_equal(load(), kept);
    EXPECT_THROW(load({.place = ImageRequest::Place::file}), Error);
}

TEST_F(ImageFolder, PixelsMayStayInTheFile) {
    pngs("a/", 12);
    pngs("b/", 12);
    const DataSplits memory = load({.place = ImageRequest::Place::memory});
    for (int run = 0; run < 2; ++run) {
        if (run == 0) fs::remove_all(folder_ / "cache");
        const DataSplits file = load({.place = ImageRequest::Place::file});
        EXPECT_EQ(decoded(), run == 0);
        EXPECT_TRUE(file.train.pixels.empty());
        EXPECT_EQ(values(file.train), values(memory.train));
        EXPECT_EQ(values(file.test), values(memory.test));
        EXPECT_EQ(file.train.labels, memory.train.labels);
        expect_says(file.source, {"read as needed from"});
    }
    const DataSplits file = load({.place = ImageRequest::Place::file});
    {
        const fs::path cache = fs::directory_iterator(folder_ / "cache/images")->path();
        std::fstream damaged(cache, std::ios::in | std::ios::out | std::ios::binary);
        damaged.seekp(static_cast<std::streamoff>(3 * file.train.bytes_per_image() + 5));
        damaged.put('\x7f');
    }
    EXPECT_EQ(pixel(file.train, 2), pixel(memory.train, 2));
    expect_says(data_error([&] { pixel(file.train, 3); }),
                {"cache/images", "from byte " + std::to_string(3 * file.train.bytes_per_image()), "is damaged"});
    EXPECT_EQ(pixel(file.train, 4), pixel(memory.train, 4));
    fs::resize_file(fs::directory_iterator(folder_ / "cache/images")->path(), 40);
    expect_says(data_error([&] { values(file.train); }), {"cache/images", "bytes early"});
}

TEST_F(ImageFolder, ClassFoldersAreLabelledByTheClassesOfOtherData) {
    for (int i = 0; i < 12; ++i) png("zebra/" + std::to_string(100 + i) + ".png", static_cast<std::uint8_t>(i));
    png("T%2FU/deep/in/it.png", 50);
    png("beside.png", 60);
    fs::create_directories(set_ / "ape");
    const auto say = [&](const std::string& sentence) { said_.push_back(sentence); };
    const Names classes = {"zebra", "other", "T/U", "ape"};
    const ImageSet set = load_labelled_images(set_, classes, {}, say);
    EXPECT_EQ(values(set), (Labels{50, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})) << "none is kept for tests";
    EXPECT_EQ(set.labels, (Labels{2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(set.classes, 4);
    expect_says(all_said(), {"left out 1 image(s)", "beside.png", "ape holds no images"});
    EXPECT_FALSE(fs::exists(folder_ / "cache"));
    expect_says(data_error([&] {
                    load_labelled_images(set_, {"zebra", "ape"}, {}, {});
                }),
                {"data's classes (zebra, ape)", "found 'T%2FU'"});
    expect_says(data_error([&] { load_labelled_images(set_ / "zebra", classes, {}, {}); }),
                {"zebra", "a folder of image files", "for each class"});
}

TEST_F(ImageFolder, AllImagesOfAFolderMakeOneSet) {
    pngs("", 12);
    png("below/a.png", 50);
    write_file(set_ / "c.png", {1});
    const ImageSet set = load_all_images(set_, {}, [&](const std::string& sentence) { said_.push_back(sentence); });
    EXPECT_EQ(values(set), (Labels{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 50}));
    EXPECT_EQ(set.name, "set");
    EXPECT_TRUE(set.labels.empty());
    expect_says(all_said(), {"c.png"});
    EXPECT_FALSE(fs::exists(folder_ / "cache"));
    expect_says(data_error([&] { load_all_images(folder_ / "cache2", {}, {}); }), {"cache2"});
}

}  // namespace
}  // namespace sinter
