// Mean, deviation and standard error against their definitions.
#include "core/statistics/moments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace sinter {
namespace {

TEST(Moments, AreThoseOfTheDefinitions) {
    const std::vector<double> values{2, 4, 4, 4, 5, 5, 7, 9};
    EXPECT_EQ(mean_of(values), 5);
    EXPECT_EQ(deviation_of(values), 2);  // sqrt(32 / 8)
    EXPECT_NEAR(standard_error_of(values), std::sqrt(32.0 / 7) / std::sqrt(8.0), 1e-15);
}

TEST(Moments, OfOneValueAndOfNone) {
    const std::vector<double> one{3};
    EXPECT_EQ(mean_of(one), 3);
    EXPECT_EQ(deviation_of(one), 0);
    EXPECT_EQ(standard_error_of(one), 0);
    EXPECT_TRUE(std::isnan(mean_of({})));
}

}  // namespace
}  // namespace sinter
