// When dcgan tells of trouble: once it lasts, and again when it comes back.
#include "apps/dcgan/trouble.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

/// The epochs, from 1, after which the alarm rings; 'x' is an epoch with trouble.
std::vector<int> rings(Alarm alarm, const std::string& epochs) {
    std::vector<int> found;
    for (std::size_t i = 0; i < epochs.size(); ++i) {
        if (alarm.rings(epochs[i] == 'x')) found.push_back(static_cast<int>(i) + 1);
    }
    return found;
}

TEST(TroubleAlarm, RingsOnceTroubleLastsAndAgainAfterARecovery) {
    EXPECT_EQ(rings(Alarm(), "xx.xx."), std::vector<int>());
    EXPECT_EQ(rings(Alarm(), "xxxxxx"), std::vector<int>{3});
    EXPECT_EQ(rings(Alarm(), "x.xxxx.xxx"), (std::vector<int>{5, 10}));
}

TEST(TroubleAlarm, GoesOnFromACheckpoint) {
    EXPECT_EQ(rings(Alarm(2), "xx"), std::vector<int>{1});
    EXPECT_EQ(rings(Alarm(3), "xx.xxx"), std::vector<int>{6});
}

}  // namespace
}  // namespace sinter
