#include "core/duration.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

TEST(Duration, IsReadInSecondsMinutesAndHours) {
    EXPECT_EQ(parse_duration("90"), 90);
    EXPECT_EQ(parse_duration("0.5s"), 0.5);
    EXPECT_EQ(parse_duration("10m"), 600);
    EXPECT_EQ(parse_duration("1h30m"), 5400);
    EXPECT_EQ(parse_duration("1h2m3s"), 3723);
}

TEST(Duration, IsNothingElse) {
    for (const char* text :
         {"", "0", "0s", "m", "10x", "-1s", "1e3", "30m1h", "1m1m", "1h30", "90x", "1..5s", "inf", " 5s", "5s "})
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sinter
