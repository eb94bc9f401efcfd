// Parts of image sets: so many images of each class, and sets put together.
#include "core/data/subset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "tests/common/errors.h"
#include "tests/common/image_files.h"
#include "tests/core/data/numbered_set.h"

namespace sinter {
namespace {

using namespace tests;

using Places = std::vector<std::int64_t>;

/// Images whose class is their number modulo `classes`.
ImageSet labelled_in_turn(std::int64_t count, int classes) {
    ImageSet set = numbered(count);
    set.classes = classes;
    for (std::int64_t i = 0; i < count; ++i) set.labels.push_back(static_cast<std::uint8_t>(i % classes));
    return set;
}

TEST(Subset, HasSoManyImagesOfEachClass) {
    for (const std::int64_t count : {90, 6000}) {  // shuffled by a table, and by a keyed permutation
        const ImageSet set = labelled_in_turn(count, 3);
        const Places chosen = choose_of_each_class(set, 7, 1);
        ASSERT_EQ(chosen.size(), 21u);
        EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end()));
        EXPECT_EQ(std::set<std::int64_t>(chosen.begin(), chosen.end()).size(), 21u);
        for (const int label : {0, 1, 2}) {
            EXPECT_EQ(
                std::count_if(chosen.begin(), chosen.end(), [&](std::int64_t i) { return set.labels[i] == label; }), 7);
        }
        EXPECT_EQ(choose_of_each_class(set, 7, 1), chosen);
        EXPECT_NE(choose_of_each_class(set, 7, 2), chosen) << "the seed decides";
        // Whoever has more labels has those of the smaller part.
        const Places more = choose_of_each_class(set, 20, 1);
        EXPECT_TRUE(std::includes(more.begin(), more.end(), chosen.begin(), chosen.end()));
    }
    EXPECT_EQ(choose_of_each_class(labelled_in_turn(30, 3), 10, 5).size(), 30u);
}

TEST(Subset, RefusesClassesWithTooFewImages) {
    ImageSet set = labelled_in_turn(31, 3);
    expect_error<DataError>([&] { choose_of_each_class(set, 11, 1); },
                            {"11 training images of each class", "has 10 of class 1"});
    for (std::uint8_t& label : set.labels) label = label == 1 ? 2 : label;
    EXPECT_EQ(choose_of_each_class(set, 10, 1).size(), 20u) << "a class without any images stays without";
    set.labels.clear();
    expect_error<DataError>([&] { choose_of_each_class(set, 1, 1); }, {"images with labels"});
}

TEST(Subset, TakesImagesFromMemoryAndFile) {
    const TemporaryFolder folder;
    const ImageSet memory = labelled_in_turn(40, 4), file = in_file(memory, folder);
    for (const ImageSet* set : {&memory, &file}) {
        const ImageSet part = images_at(*set, Places{3, 0, 39});
        EXPECT_EQ(part.count, 3);
        EXPECT_EQ(part.classes, 4);
        EXPECT_EQ(part.labels, (std::vector<std::uint8_t>{3, 0, 3}));
        EXPECT_EQ(pixel(part, 0), 3);
        EXPECT_EQ(pixel(part, 2), 39);
        ImageSet all = *set;
        append_images(all, part);
        EXPECT_EQ(all.count, 43);
        EXPECT_EQ(all.file, nullptr);
        EXPECT_EQ(all.labels.size(), 43u);
        EXPECT_EQ(pixel(all, 39), 39);
        EXPECT_EQ(pixel(all, 41), 0);
        EXPECT_EQ(pixel(all, 42, 5), pixel(memory, 39, 5));
    }
    ImageSet other = memory;
    other.classes = 5;
    ImageSet all = memory;
    EXPECT_THROW(append_images(all, other), UsageError);
}

}  // namespace
}  // namespace sinter
