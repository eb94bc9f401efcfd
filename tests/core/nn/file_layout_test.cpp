// The order of tensors in files: axes, images that are an axis, and what stands behind them.
#include "core/nn/file_layout.h"

#include <gtest/gtest.h>

#include <numeric>

namespace sinter::tests {
namespace {

using Values = std::vector<float>;

/// 0, 1, 2, ...: a value is its place in memory.
Values places_of(const Shape& shape) {
    Values values(static_cast<std::size_t>(shape.count()));
    std::iota(values.begin(), values.end(), 0.0f);
    return values;
}

/// Expects these places of memory in the order of the file, and that they find back.
void expect_order(const Shape& shape, const FileLayout& layout, const Values& expected) {
    const Values file = to_file_order(places_of(shape), shape, layout);
    EXPECT_EQ(file, expected);
    EXPECT_EQ(to_memory_order(file, shape, layout), places_of(shape));
}

constexpr FlattenedImage kImage{1, 3, 2};  // in memory: pixel 0 of channels 0 and 1, pixel 1, pixel 2

TEST(FileLayout, OfAVectorHasItsImageChannelsFirst) {
    expect_order({6}, vector_layout(kImage), {0, 2, 4, 1, 3, 5});
    expect_order({8}, vector_layout({2, 2, 2}), {0, 2, 4, 6, 1, 3, 5, 7});
}

TEST(FileLayout, LeavesInPlaceWhatStandsBehindAnImage) {
    expect_order({9}, vector_layout(kImage), {0, 2, 4, 1, 3, 5, 6, 7, 8});
}

TEST(FileLayout, OfALinearWeightTurnsTheImagesOfEitherAxis) {
    // [in, out] = [6, 2] in memory, [2, 6] in the file
    expect_order({6, 2}, linear_layout(kImage), {0, 4, 8, 2, 6, 10, 1, 5, 9, 3, 7, 11});
    // [2, 6] in memory, [6, 2] in the file
    expect_order({2, 6}, linear_layout({}, kImage), {0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11});
    expect_order({2, 2}, linear_layout({1, 1, 2}, {1, 1, 2}), {0, 2, 1, 3});
    EXPECT_EQ(file_shape({6, 2}, linear_layout(kImage)), (std::vector<std::int64_t>{2, 6}));
    const FileLayout both = linear_layout({1, 2, 2}, {1, 2, 2});
    expect_order({4, 4}, both, {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15});
}

TEST(FileLayout, OfATableTurnsTheImageOfEachRow) {
    expect_order({2, 6}, rows_layout(kImage), {0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11});
    EXPECT_EQ(file_shape({2, 6}, rows_layout(kImage)), (std::vector<std::int64_t>{2, 6}));
}

TEST(FileLayout, OfOneChannelOrOnePixelIsTheOrderOfMemory) {
    expect_order({6}, vector_layout({2, 3, 1}), places_of({6}));
    expect_order({6}, vector_layout({1, 1, 6}), places_of({6}));
    expect_order({2, 3}, kPlainLayout, places_of({2, 3}));
}

TEST(FileLayout, OfConvolutionsPermutesTheirAxes) {
    // [1, 2, 2, 3] = HWIO in memory, OIHW in the file
    expect_order({1, 2, 2, 3}, kConvLayout, {0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11});
    expect_order({1, 3, 2}, kImageLayout, {0, 2, 4, 1, 3, 5});
    EXPECT_EQ(file_shape({1, 3, 2}, kImageLayout), (std::vector<std::int64_t>{2, 1, 3}));
    EXPECT_EQ(file_shape({1, 3, 2}, kConvWindowLayout), std::vector<std::int64_t>{6});
}

}  // namespace
}  // namespace sinter::tests
