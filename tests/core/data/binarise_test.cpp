// Binarised images: the draws follow the greys and are the same for ever, and what the loss of grey ones cannot beat.
#include "core/data/binarise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/data/describe.h"
#include "core/data/formats/digits.h"
#include "tests/common/errors.h"
#include "tests/core/data/numbered_set.h"

namespace sinter {
namespace {

using namespace tests;
using Pixels = std::vector<std::uint8_t>;

/// `count` images of 5 x 5 pixels of one grey.
ImageSet grey_set(std::int64_t count, std::uint8_t grey) {
    ImageSet set;
    set.count = count;
    set.height = set.width = 5;
    set.name = "grey";
    set.pixels.assign(static_cast<std::size_t>(25 * count), grey);
    return set;
}

DataSplits splits(const ImageSet& train, const ImageSet& test) {
    DataSplits data;
    data.train = train;
    data.test = test;
    return data;
}

double white_share(const ImageSet& set) {
    return static_cast<double>(std::count(set.pixels.begin(), set.pixels.end(), 255)) /
           static_cast<double>(set.pixels.size());
}

TEST(Binarise, DrawsPixelsByTheirGrey) {
    for (const int grey : {0, 1, 77, 128, 254, 255}) {
        const ImageSet set = grey_set(4000, static_cast<std::uint8_t>(grey));
        DataSplits data = splits(set, set);
        binarise(data, Binarisation::fixed);
        const double p = grey / 255.0, deviation = std::sqrt(p * (1 - p) / 1e5);
        for (const ImageSet* drawn : {&data.train, &data.test}) {
            EXPECT_TRUE(is_binary(*drawn));
            EXPECT_NEAR(white_share(*drawn), p, 4 * deviation) << grey;
        }
        EXPECT_EQ(data.train.pixels == data.test.pixels, grey == 0 || grey == 255)
            << grey << ": each split has draws of its own";
    }
}

TEST(Binarise, DrawsTheSameForEver) {
    DataSplits data = make_digits(300, 200);
    binarise(data, Binarisation::fixed);
    EXPECT_EQ(content_hash(data), "fac67db0603c7be0");
}

TEST(Binarise, AnImageIsDrawnAloneAsAmongOthers) {
    DataSplits many = splits(grey_set(30, 100), grey_set(30, 100)), few = splits(grey_set(7, 100), grey_set(7, 100));
    binarise(many, Binarisation::fixed);
    binarise(few, Binarisation::fixed);
    EXPECT_TRUE(std::equal(few.test.pixels.begin(), few.test.pixels.end(), many.test.pixels.begin()));
    EXPECT_NE(few.test.pixels, Pixels(many.test.pixels.end() - 175, many.test.pixels.end()));
}

TEST(Binarise, DynamicLeavesTrainingImagesGreyAndTestImagesAsStatic) {
    const DataSplits digits = make_digits(50, 40);
    DataSplits dynamic = digits, fixed = digits, none = digits;
    binarise(dynamic, Binarisation::dynamic);
    binarise(fixed, Binarisation::fixed);
    binarise(none, Binarisation::none);
    EXPECT_EQ(dynamic.train.pixels, digits.train.pixels);
    EXPECT_EQ(dynamic.test.pixels, fixed.test.pixels);
    EXPECT_EQ(none.test.pixels, digits.test.pixels);
    EXPECT_FALSE(is_binary(none.test));
}

TEST(Binarise, ThresholdIsAtTheMiddle) {
    DataSplits data = splits(grey_set(1, 127), grey_set(1, 128));
    binarise(data, Binarisation::threshold);
    EXPECT_EQ(data.train.pixels, Pixels(25, 0));
    EXPECT_EQ(data.test.pixels, Pixels(25, 255));
}

TEST(Binarise, BinaryImagesStayAsTheyAre) {
    DataSplits data = make_digits(20, 20);
    binarise(data, Binarisation::threshold);
    const DataSplits before = data;
    EXPECT_EQ(describe(Binarisation::fixed, data.test), "binary as they are in the files");
    for (const Named<Binarisation>& row : kBinarisations) {
        binarise(data, row.value);
        EXPECT_EQ(data.train.pixels, before.train.pixels) << row.name;
        EXPECT_EQ(data.test.pixels, before.test.pixels) << row.name;
    }
}

TEST(Binarise, SaysThatItsDrawIsNotThePublishedSet) {
    const ImageSet set = grey_set(1, 9);
    expect_says(describe(Binarisation::fixed, set), {"one seeded draw, not the published set"});
    expect_says(describe(Binarisation::dynamic, set), {"anew in every step", "one seeded draw"});
    expect_says(describe(Binarisation::threshold, set), {"128", "not comparable"});
    EXPECT_EQ(describe(Binarisation::none, set), "grey");
}

TEST(Binarise, WantsPixelsInMemory) {
    const TemporaryFolder folder;
    ImageSet set = in_file(numbered(20), folder);
    set.name = "numbered";
    for (const Binarisation how : {Binarisation::dynamic, Binarisation::fixed, Binarisation::threshold}) {
        DataSplits data = splits(set, set);
        expect_says(data_error([&] { binarise(data, how); }), {"--binarize", "numbered", "in a file", "--size"});
    }
    DataSplits data = splits(set, numbered(20));
    binarise(data, Binarisation::dynamic);  // its training images are binarised batch by batch
    EXPECT_TRUE(is_binary(data.test));
    EXPECT_FALSE(is_binary(data.train)) << "read from the file";
}

TEST(Binarise, IsAFactThatOldCheckpointsLack) {
    EXPECT_EQ(binarisation_of({}, "old.safetensors"), Binarisation::none);
    EXPECT_EQ(binarisation_of({{"--binarize", "static"}}, "x"), Binarisation::fixed);
    expect_says(data_error([] {
                    binarisation_of({{"--binarize", "often"}}, "bad.safetensors");
                }),
                {"bad.safetensors", "--binarize", "'often'", "none, dynamic, static or threshold", "damaged"});
}

TEST(GreyFloor, IsTheEntropyOfThePixels) {
    EXPECT_EQ(grey_floor(grey_set(3, 0)), 0);
    EXPECT_EQ(grey_floor(grey_set(3, 255)), 0);
    const double p = 51 / 255.0;
    EXPECT_NEAR(grey_floor(grey_set(3, 51)), -25 * (p * std::log(p) + (1 - p) * std::log(1 - p)), 1e-12);
    ImageSet two = grey_set(2, 51);
    std::fill_n(two.pixels.begin(), 25, std::uint8_t{0});
    EXPECT_EQ(grey_floor(two, 1), 0) << "of the first image alone";
    EXPECT_NEAR(grey_floor(two), grey_floor(grey_set(1, 51)) / 2, 1e-12);
}

}  // namespace
}  // namespace sinter
