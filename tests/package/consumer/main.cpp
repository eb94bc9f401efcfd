// Calls one kernel through the installed headers and libraries: 1 + 2 on the CPU, a thousand times.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "core/error.h"
#include "kernels/elementwise.h"

int main() {
    const std::vector<float> one(1000, 1.0F), two(1000, 2.0F);
    std::vector<float> sum(1000);
    sinter::kernels::CpuQueue queue;
    sinter::kernels::add(queue, sum.data(), one.data(), two.data(), 1000);

    const bool right = std::all_of(sum.begin(), sum.end(), [](float value) { return value == 3.0F; });
    std::puts(right ? "1 + 2 = 3" : "1 + 2 is not 3");
    return static_cast<int>(right ? sinter::ExitCode::ok : sinter::ExitCode::failure);
}
