// The words about data sets.
#include "core/data/describe.h"

#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"
#include "tests/core/data/numbered_set.h"

namespace sinter {
namespace {

using namespace tests;

TEST(ContentTag, TellsSetsOfOneSizeApart) {
    const ImageSet set = labelled(50);
    const std::string tag = content_tag(set);
    EXPECT_EQ(tag.size(), 8u);
    EXPECT_EQ(content_tag(set), tag);
    EXPECT_NE(content_tag(labelled(49)), tag);
    for (const std::size_t pixel : {0, 151, 299}) {
        ImageSet other = set;
        ++other.pixels[pixel];
        EXPECT_NE(content_tag(other), tag) << pixel;
    }
    ImageSet other = set;
    other.labels[31] ^= 1;
    EXPECT_NE(content_tag(other), tag);
    other = set;
    std::swap(other.height, other.width);
    EXPECT_NE(content_tag(other), tag);
    EXPECT_NE(content_tag({}), tag);
}

TEST(ContentTag, IsThatOfThePixelsWhereverTheyAre) {
    const TemporaryFolder folder;
    const ImageSet memory = labelled(140), file = in_file(memory, folder);
    ASSERT_TRUE(file.pixels.empty());
    EXPECT_EQ(content_tag(file), content_tag(memory));
}

}  // namespace
}  // namespace sinter
