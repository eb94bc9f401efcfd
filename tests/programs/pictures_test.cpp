// Which images of a set the pictures of a run show.
#include "apps/training/pictures.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

ImageSet labelled(std::vector<std::uint8_t> labels, int classes) {
    ImageSet set;
    set.count = std::ssize(labels);
    set.labels = std::move(labels);
    set.classes = classes;
    return set;
}

TEST(SpreadOverClasses, TakesTheNextImageOfEachClassInTurn) {
    const ImageSet sorted = labelled({0, 0, 0, 0, 1, 1, 2}, 3);
    EXPECT_EQ(spread_over_classes(sorted, 5), (std::vector<Index>{0, 4, 6, 1, 5}));
    EXPECT_EQ(spread_over_classes(sorted, 100), (std::vector<Index>{0, 4, 6, 1, 5, 2, 3}));
    EXPECT_EQ(spread_over_classes(labelled({1, 1}, 4), 3), (std::vector<Index>{0, 1}));
    ImageSet plain;
    plain.count = 3;
    EXPECT_EQ(spread_over_classes(plain, 2), (std::vector<Index>{0, 1}));
}

}  // namespace
}  // namespace sinter
