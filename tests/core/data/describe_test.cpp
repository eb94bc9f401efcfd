// The words about data sets.
#include "core/data/describe.h"

#include <gtest/gtest.h>

#include "core/data/packed_images.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

/// Images of 2 x 3 pixels, all different, with labels.
ImageSet numbered(std::int64_t count) {
    ImageSet set;
    set.count = count;
    set.height = 2;
    set.width = 3;
    set.classes = 5;
    for (std::int64_t i = 0; i < 6 * count; ++i) set.pixels.push_back(static_cast<std::uint8_t>(i * 7 >> 3));
    for (std::int64_t i = 0; i < count; ++i) set.labels.push_back(static_cast<std::uint8_t>(i % 5));
    return set;
}

TEST(ContentTag, TellsSetsOfOneSizeApart) {
    const ImageSet set = numbered(50);
    const std::string tag = content_tag(set);
    EXPECT_EQ(tag.size(), 8u);
    EXPECT_EQ(content_tag(set), tag);
    EXPECT_NE(content_tag(numbered(49)), tag);
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
    DataSplits data;
    data.train = numbered(1000);
    data.test.height = 2;
    data.test.width = 3;
    data.class_names.assign(5, "some name");
    PackedImagesWriter writer(folder / "set.packed", data.train.bytes_per_image());
    writer.append(data.train.pixels);
    writer.finish(data, {}, "key");
    const auto packed = read_packed_images(folder / "set.packed", "key", ImageRequest::Place::file).value();
    ASSERT_TRUE(packed.data.train.pixels.empty());
    EXPECT_EQ(content_tag(packed.data.train), content_tag(data.train));
}

}  // namespace
}  // namespace sinter
