// Elementwise kernels on the CPU: memory-bound, one pass, vectors of whatever width the machine has.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/simd-inl.h"
#include "kernels/elementwise.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

HWY_ATTR void add_range(float* y, const float* a, const float* b, Index begin, Index end) {
    for_vectors(begin, end, [&](auto access, Index i) HWY_ATTR {
        access.store(hn::Add(access.load(a + i), access.load(b + i)), y + i);
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(add_range);

void add(CpuQueue& queue, Real* y, const Real* a, const Real* b, Index count) {
    const auto range = HWY_DYNAMIC_DISPATCH(add_range);
    parallel_for(queue, count, kElementsPerTask, [&](Index begin, Index end) { range(y, a, b, begin, end); });
}

}  // namespace sinter::kernels
#endif
