// The operands of the tiled product in shared memory: their loads find the elements that they name, and no access meets
// a bank conflict. Shared memory has 32 banks of 4 bytes; accesses of 16 bytes are done 8 lanes at a time, and equal
// addresses are one.
#include <set>

#include "tests/emu/device.h"
#include "tests/emu/tile_layout.h"

namespace sinter::kernels {
namespace {

constexpr int kBanks = 32;

/// Whether `lanes` neighbouring lanes at a time, each with `width` floats, use every bank once at most.
bool has_conflict(const WarpAccess& access, int lanes, int width) {
    for (std::size_t first = 0; first < access.places.size(); first += static_cast<std::size_t>(lanes)) {
        const auto begin = access.places.begin() + static_cast<std::ptrdiff_t>(first);
        const std::set<int> places(begin, begin + lanes);
        std::set<int> banks;
        for (const int place : places) banks.insert(place % kBanks / width);
        if (banks.size() < places.size()) return true;
    }
    return false;
}

class TileLayouts : public EmulatedDevice, public ::testing::WithParamInterface<TileLayout> {
protected:
    static void expect_clean(const std::vector<WarpAccess>& accesses, int lanes, int width) {
        ASSERT_FALSE(accesses.empty());
        for (const WarpAccess& access : accesses) {
            EXPECT_EQ(access.places, access.expected);
            EXPECT_FALSE(has_conflict(access, lanes, width)) << ::testing::PrintToString(access.places);
        }
    }
};

TEST_P(TileLayouts, FragmentsOfTensorCoresMeetNoConflict) { expect_clean(fragment_loads(queue, GetParam()), 32, 1); }
TEST_P(TileLayouts, FoursOfMultiplyAddsMeetNoConflict) { expect_clean(fours_loads(queue, GetParam()), 8, 4); }
TEST_P(TileLayouts, CopiesMeetNoConflict) { expect_clean(copies(queue, GetParam()), 8, 4); }

INSTANTIATE_TEST_SUITE_P(Emu, TileLayouts, ::testing::Values(TileLayout::along_depth, TileLayout::along_side));

TEST(BankConflicts, AreSeen) {
    WarpAccess stride_two, rows;
    for (int lane = 0; lane < 32; ++lane) {
        stride_two.places.push_back(2 * lane);
        rows.places.push_back(32 * lane);
    }
    EXPECT_TRUE(has_conflict(stride_two, 32, 1));
    EXPECT_TRUE(has_conflict(rows, 8, 4));
}

}  // namespace
}  // namespace sinter::kernels
