// Kernels that are right give the same bits in every order of their threads; one without its barrier does not.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "tests/emu/device.h"
#include "tests/emu/planted.h"

namespace sinter::kernels {
namespace {

using Schedules = EmulatedDevice;

constexpr int kBlocks = 37;

TEST_F(Schedules, OrdersAreThreeDifferentOnesOfTheSameNumbers) {
    std::set<std::vector<int>> orders;
    for (const emu::Schedule& schedule : all_schedules()) {
        std::vector<int> order;
        emu::put_in_order(order, 100, schedule, 5);
        EXPECT_TRUE(orders.insert(order).second);
        std::sort(order.begin(), order.end());
        std::vector<int> sorted(100);
        std::iota(sorted.begin(), sorted.end(), 0);
        EXPECT_EQ(order, sorted);
    }
}

TEST_F(Schedules, ABarrierMakesAllOrdersAgree) {
    const std::vector<float> x = counting(64 * kBlocks);
    const DeviceArray<float> from(queue, x), to(queue, x);
    for (const emu::Schedule& schedule : all_schedules()) {
        emu::set_schedule(schedule);
        reverse_blocks(queue, to.data(), from.data(), kBlocks, true);
        const std::vector<float> y = to.values();
        for (std::size_t i = 0; i < y.size(); ++i) ASSERT_EQ(y[i], x[i / 64 * 64 + 63 - i % 64]) << i;
    }
}

TEST_F(Schedules, AMissingBarrierMakesThemDiffer) {
    const std::vector<float> x = counting(64);
    const DeviceArray<float> from(queue, x), to(queue, x);
    std::vector<std::vector<float>> results;
    for (const emu::Schedule& schedule : all_schedules()) {
        emu::set_schedule(schedule);
        reverse_blocks(queue, to.data(), from.data(), 1, false);
        results.push_back(to.values());
    }
    // Forward, the lower half reads what is not written yet; reversed, the upper half.
    EXPECT_TRUE(std::isnan(results[0][0]));
    EXPECT_EQ(results[0][63], 1);
    EXPECT_EQ(results[1][0], 64);
    EXPECT_TRUE(std::isnan(results[1][63]));
}

TEST_F(Schedules, AWarpThatRunsAheadMakesThemDiffer) {
    const DeviceArray<float> to(queue, std::vector<float>(64));
    std::vector<float> expected(64);
    std::iota(expected.rbegin(), expected.rend(), 1.0f);
    for (const emu::Schedule& schedule : all_schedules()) {
        emu::set_schedule(schedule);
        overwrite_side_by_side(queue, to.data(), true);
        EXPECT_EQ(to.values(), expected);
        overwrite_side_by_side(queue, to.data(), false);
        if (schedule.order == emu::Schedule::forward) {
            EXPECT_EQ(to.values(), expected) << "side by side, all have read before one writes";
        }
        if (schedule.order == emu::Schedule::reversed) {
            EXPECT_NE(to.values(), expected);
        }
    }
}

TEST_F(Schedules, ACopyOverWhatOthersStillReadMakesThemDiffer) {
    const std::vector<float> x(64, -1);
    const DeviceArray<float> from(queue, x), to(queue, x);
    std::vector<float> reversed(64);
    std::iota(reversed.rbegin(), reversed.rend(), 1.0f);
    for (const emu::Schedule& schedule : all_schedules()) {
        emu::set_schedule(schedule);
        copy_over(queue, to.data(), from.data(), true);
        EXPECT_EQ(to.values(), reversed);
        copy_over(queue, to.data(), from.data(), false);
        if (schedule.order == emu::Schedule::forward) {
            EXPECT_EQ(to.values(), reversed) << "the copies are made when all have read";
        } else {
            EXPECT_NE(to.values(), reversed);
        }
    }
}

TEST_F(Schedules, AReductionByShufflesIsTheSameInAll) {
    std::vector<float> x(256 * kBlocks);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1.0f / static_cast<float>(i % 977 + 1);
    const DeviceArray<float> from(queue, x), sums(queue, std::vector<float>(kBlocks));
    std::vector<float> first;
    for (const emu::Schedule& schedule : all_schedules()) {
        emu::set_schedule(schedule);
        block_sums(queue, sums.data(), from.data(), kBlocks);
        const std::vector<float> result = sums.values();
        if (first.empty()) first = result;
        EXPECT_EQ(result, first);
    }
    for (std::size_t b = 0; b < kBlocks; ++b) {
        const auto block = x.begin() + static_cast<std::ptrdiff_t>(256 * b);
        EXPECT_NEAR(first[b], std::accumulate(block, block + 256, 0.0), 1e-4) << "block " << b;
    }
}

TEST_F(Schedules, BlocksMeetThroughAtomics) {
    std::vector<unsigned> x(32 * kBlocks);
    std::iota(x.begin(), x.end(), 1u);
    const DeviceArray<unsigned> from(queue, x), total(queue, {0}), counter(queue, {0});
    for (const emu::Schedule& schedule : all_schedules()) {
        emu::set_schedule(schedule);
        last_block_sum(queue, total.data(), counter.data(), from.data(), kBlocks);
        EXPECT_EQ(total.values()[0], std::accumulate(x.begin(), x.end(), 0u));
        EXPECT_EQ(counter.values()[0], 0u) << "the counter is ready for the next launch";
    }
}

TEST_F(Schedules, LanesExchangeWhatTheyShould) {
    const DeviceArray<int> results(queue, std::vector<int>(kWarpOperations * 32));
    for (const emu::Schedule& schedule : all_schedules()) {
        emu::set_schedule(schedule);
        warp_operations(queue, results.data());
        const std::vector<int> got = results.values();
        for (int lane = 0; lane < 32; ++lane) {
            const int next = (lane + 1) % 32;
            const int expected[kWarpOperations] = {
                next * next, lane < 3 ? lane : lane - 3, lane % 8 < 5 ? lane + 3 : lane,
                lane ^ 5,
                0x49249249,  // every third bit
                2,           lane < 16 ? 120 : 376,      lane ^ 16,
            };
            for (int row = 0; row < kWarpOperations; ++row) {
                EXPECT_EQ(got[static_cast<std::size_t>(row * 32 + lane)], expected[row])
                    << "row " << row << ", lane " << lane;
            }
        }
    }
}

TEST_F(Schedules, BarriersCount) {
    const DeviceArray<int> results(queue, std::vector<int>(96));
    for (const emu::Schedule& schedule : all_schedules()) {
        emu::set_schedule(schedule);
        counting_barriers(queue, results.data());
        EXPECT_EQ(results.values(), std::vector<int>(96, 100 * 32 + 1));
    }
}

}  // namespace
}  // namespace sinter::kernels
