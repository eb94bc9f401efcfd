// Launches of two steps, for the tests of what is made of a profile.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "apps/profiling/time_span.h"

namespace sinter {

/// Two steps of a layer "conv" with a product in two launches, then numbers. In the first step the second launch begins
/// before the first has ended; in the second step the device waits for 6 us.
class MadeUpLaunches : public testing::Test {
protected:
    static constexpr double kMicrosecond = 1e-6;

    MadeUpLaunches() {
        conv.path = "conv";
        for (const double t : {100.0, 120.0}) {
            launch("product", t, t + 4, &product);
            launch("sum", t + 3, t + 6, &product);
            launch("read_back_kernel", t + 13, t + 14, &numbers);
        }
    }

    void launch(const char* name, double begin, double end, const Work* work) {
        launches.push_back({name, begin * kMicrosecond, end * kMicrosecond, work, false});
    }

    Part root, conv;
    Work product{"conv_forward", "forward", &conv, 3e3, 8e3}, numbers{"read_back", "numbers", &root, 0, 0};
    std::vector<TimeSpan> launches;
};

}  // namespace sinter
