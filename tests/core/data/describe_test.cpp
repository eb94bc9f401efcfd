// The words about data sets.
#include "core/data/describe.h"

#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"
#include "tests/core/data/numbered_set.h"

namespace sinter {
namespace {

using namespace tests;

DataSplits splits(const ImageSet& train, const ImageSet& test) {
    DataSplits data;
    data.train = train;
    data.test = test;
    return data;
}

TEST(ContentHash, ChangesWithEveryPixelAndLabelOfBothSets) {
    const DataSplits data = splits(labelled(50), labelled(20));
    const std::string hash = content_hash(data);
    EXPECT_EQ(hash.size(), 16u);
    EXPECT_EQ(content_hash(data), hash);
    EXPECT_NE(content_hash(splits(labelled(49), labelled(20))), hash);
    EXPECT_NE(content_hash(splits(labelled(20), labelled(50))), hash);
    for (ImageSet DataSplits::*set : {&DataSplits::train, &DataSplits::test}) {
        for (std::size_t pixel = 0; pixel < (data.*set).pixels.size(); ++pixel) {
            DataSplits other = data;
            (other.*set).pixels[pixel] ^= 1;
            EXPECT_NE(content_hash(other), hash) << pixel;
        }
        for (std::size_t label = 0; label < (data.*set).labels.size(); ++label) {
            DataSplits other = data;
            (other.*set).labels[label] ^= 1;
            EXPECT_NE(content_hash(other), hash) << label;
        }
        DataSplits other = data;
        std::swap((other.*set).height, (other.*set).width);
        EXPECT_NE(content_hash(other), hash);
    }
    EXPECT_NE(content_hash({}), hash);
}

TEST(ContentHash, DoesNotDependOnNamesOrOnWhereThePixelsAre) {
    const TemporaryFolder folder;
    const ImageSet memory = labelled(140), file = in_file(memory, folder);
    ASSERT_TRUE(file.pixels.empty());
    DataSplits data = splits(memory, memory);
    data.train.name = "another";
    EXPECT_EQ(content_hash(data), content_hash(splits(file, file)));
}

}  // namespace
}  // namespace sinter
