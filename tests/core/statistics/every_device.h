// Running a computation for several numbers of threads and on the reference, which must give the same bits.
#pragma once

#include <gtest/gtest.h>

#include <type_traits>

#include "core/device.h"

namespace sinter::tests {

/// Expects that compute(device) returns the same on the CPU with 1 and 3 threads and on the reference. Returns it.
template <class Compute>
auto expect_same_everywhere(const Compute& compute) {
    const int before = cpu_threads();
    set_cpu_threads(1);
    const auto expected = compute(Device::cpu());
    set_cpu_threads(3);
    EXPECT_TRUE(compute(Device::cpu()) == expected) << "3 threads give other numbers than 1";
    set_cpu_threads(before);
    EXPECT_TRUE(compute(Device::reference()) == expected) << "the reference gives other numbers";
    return expected;
}

}  // namespace sinter::tests
