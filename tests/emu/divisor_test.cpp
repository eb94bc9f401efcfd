// Division by multiplication (kernels/cuda/divisor.cuh), as the kernels use it, over the whole range of indices.
#include <gtest/gtest.h>

#include <limits>

#include "kernels/cuda/divisor.cuh"

namespace sinter::kernels {
namespace {

constexpr Index kLargest = std::numeric_limits<Index>::max();

TEST(Divisor, DividesAsTheProcessorDoes) {
    for (const Index divisor : {Index{1}, Index{2}, Index{3}, Index{5}, Index{7}, Index{10}, Index{20}, Index{641},
                                Index{784}, Index{1} << 20, (Index{1} << 31) - 1, Index{1} << 31, (Index{1} << 32) + 1,
                                Index{1'000'000'007}, (Index{1} << 40) - 1, (Index{1} << 62) - 1, Index{1} << 62}) {
        const Divisor by(divisor);
        // A quotient errs first next to a multiple of the divisor, and for the largest dividends.
        for (const Index near : {Index{0}, divisor, 3 * (divisor % 1000), Index{1} << 32, kLargest / 3, kLargest}) {
            const Index multiple = near / divisor * divisor;
            for (Index step = -2; step <= 2; ++step) {
                if (step < 0 ? multiple < -step : multiple > kLargest - step) continue;
                const Index n = multiple + step, quotient = by.quotient(n);
                ASSERT_EQ(quotient, n / divisor) << n << " / " << divisor;
                ASSERT_EQ(by.remainder(n, quotient), n % divisor) << n << " % " << divisor;
            }
            ASSERT_EQ(by.quotient(near), near / divisor) << near << " / " << divisor;
        }
    }
}

TEST(Divisor, PlacesFollowEachOtherByRows) {
    for (const Index columns : {1, 2, 3, 4, 7}) {
        const Divisor by(columns);
        RowColumn place = place_of(5, by);
        for (Index i = 5; i < 40; ++i, advance(place, by)) {
            EXPECT_EQ(place.row, i / columns) << i << " of " << columns;
            EXPECT_EQ(place.column, i % columns) << i << " of " << columns;
        }
    }
}

}  // namespace
}  // namespace sinter::kernels
