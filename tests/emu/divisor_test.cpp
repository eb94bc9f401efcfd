// Division by multiplication (kernels/cuda/toolbox/divisor.cuh), as the kernels use it, over the whole range of
// indices.
#include <gtest/gtest.h>

#include <limits>

#include "kernels/cuda/toolbox/divisor.cuh"

namespace sinter::kernels {
namespace {

/// Divides next to multiples of the divisor, where a quotient errs first, and next to the largest dividends.
template <class Integer>
void expect_quotients(Integer divisor) {
    constexpr Integer kMax = std::numeric_limits<Integer>::max();
    const DivisorOf<Integer> by(divisor);
    for (const Integer near : {Integer{0}, divisor, static_cast<Integer>(3 * (divisor % 1000)),
                               static_cast<Integer>(kMax / 65'536), static_cast<Integer>(kMax / 3), kMax}) {
        const Integer multiple = near / divisor * divisor;
        for (int step = -2; step <= 2; ++step) {
            if (step < 0 ? multiple < -step : multiple > kMax - step) continue;
            const Integer n = multiple + step, quotient = by.quotient(n);
            ASSERT_EQ(quotient, n / divisor) << n << " / " << divisor;
            ASSERT_EQ(by.remainder(n, quotient), n % divisor) << n << " % " << divisor;
        }
        ASSERT_EQ(by.quotient(near), near / divisor) << near << " / " << divisor;
    }
}

TEST(Divisor, DividesAsTheProcessorDoes) {
    for (const Index divisor :
         {Index{1}, Index{2}, Index{3}, Index{5}, Index{7}, Index{10}, Index{20}, Index{641}, Index{784},
          Index{1} << 20, (Index{1} << 31) - 1, Index{1} << 31, (Index{1} << 32) + 1, Index{1'000'000'007},
          (Index{1} << 40) - 1, (Index{1} << 62) - 1, Index{1} << 62, std::numeric_limits<Index>::max()}) {
        expect_quotients(divisor);
        if (divisor <= std::numeric_limits<std::int32_t>::max()) expect_quotients(static_cast<std::int32_t>(divisor));
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
