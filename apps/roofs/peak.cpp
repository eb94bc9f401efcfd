// The multiply-add peak: one loop per SIMD target, run by every thread of the pool together.
#include "apps/roofs/peak.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "apps/roofs/timing.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "apps/roofs/peak.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/runtime/thread_pool.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::bench::HWY_NAMESPACE {
namespace {

namespace simd = kernels::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;

// Independent chains that hide the latency of a multiply-add: two units x 4 or 5 cycles ask for 10, four units (some
// ARM cores) for 16. The chains and the two constants must fit the registers: 16 up to AVX2, 32 with AVX-512 and NEON.
#if (HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3) || HWY_TARGET == HWY_SCALAR
constexpr std::size_t kChains = 12;
#else
constexpr std::size_t kChains = 20;
#endif

/// x = factor * x + offset on every chain. The list of chains is a pack, not a loop, so that any compiler keeps the
/// array in registers. Returns a value that depends on every operation.
template <std::size_t... chain>
HWY_ATTR HWY_INLINE float multiply_add_chains(std::int64_t iterations, std::index_sequence<chain...>) {
    // Converges to 1, far from denormals and infinity.
    const auto factor = hn::Set(simd::kFloats, 0.75f);
    const auto offset = hn::Set(simd::kFloats, 0.25f);
    simd::FloatVector x[] = {hn::Set(simd::kFloats, static_cast<float>(chain))...};
    for (std::int64_t i = 0; i < iterations; ++i) ((x[chain] = hn::MulAdd(x[chain], factor, offset)), ...);
    auto sum = hn::Zero(simd::kFloats);
    ((sum = hn::Add(sum, x[chain])), ...);
    return hn::GetLane(sum);
}

HWY_ATTR float multiply_adds(std::int64_t iterations) {
    return multiply_add_chains(iterations, std::make_index_sequence<kChains>());
}

double operations_per_iteration() { return 2.0 * static_cast<double>(kChains * hn::Lanes(simd::kFloats)); }

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace sinter::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::bench {

HWY_EXPORT(multiply_adds);
HWY_EXPORT(operations_per_iteration);
HWY_EXPORT(target_name);

double measure_fma_peak(kernels::CpuQueue& queue) {
    constexpr std::int64_t kIterations = 400'000;  // 0.5 to 1 ms at two multiply-adds a cycle and 4 GHz
    constexpr double kSeconds = 0.1;
    const auto loop = HWY_DYNAMIC_DISPATCH(multiply_adds);
    const double operations = HWY_DYNAMIC_DISPATCH(operations_per_iteration)() * kIterations * queue.threads();

    // The best window, not the mean: a window in which one thread was late, and another ran two tasks, measured the
    // scheduler.
    double best = 0;
    for (const Stopwatch total; total.seconds() < kSeconds;) {
        const Stopwatch window;
        queue.pool().run(queue.threads(), [&](std::int64_t, int) { keep(loop(kIterations)); });
        best = std::max(best, operations / window.seconds());
    }
    return best;
}

std::string simd_target() { return HWY_DYNAMIC_DISPATCH(target_name)(); }

}  // namespace sinter::bench
#endif
