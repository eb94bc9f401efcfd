// Memory bandwidth: four loops per SIMD target, run by every thread of the pool over its own part of the memory.
#include "apps/roofs/bandwidth.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "apps/roofs/timing.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "apps/roofs/bandwidth.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/contract.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/runtime/thread_pool.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::bench::HWY_NAMESPACE {
namespace {

using kernels::Index;
namespace simd = kernels::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;

// Rolled loops spend their time on counting: in the first-level cache they reach 80 % of unrolled ones.
using Unroll = std::make_index_sequence<8>;

/// Calls body(i) for each vector i of [0, count).
template <std::size_t... u, class Body>
HWY_ATTR HWY_INLINE void unrolled(std::index_sequence<u...>, Index count, const Body& body) {
    const Index lanes = static_cast<Index>(hn::Lanes(simd::kFloats));
    for (Index i = 0; i < count; i += static_cast<Index>(sizeof...(u)) * lanes)
        (body(i + static_cast<Index>(u) * lanes), ...);
}

/// Several sums at a time: one would wait for its own additions instead of for memory.
template <std::size_t... u>
HWY_ATTR HWY_INLINE float sum_all(std::index_sequence<u...>, const float* x, Index count) {
    const Index lanes = static_cast<Index>(hn::Lanes(simd::kFloats));
    simd::FloatVector sum[] = {hn::Set(simd::kFloats, static_cast<float>(u))...};
    for (Index i = 0; i < count; i += static_cast<Index>(sizeof...(u)) * lanes)
        ((sum[u] = hn::Add(sum[u], hn::Load(simd::kFloats, x + i + static_cast<Index>(u) * lanes))), ...);
    auto total = hn::Zero(simd::kFloats);
    ((total = hn::Add(total, sum[u])), ...);
    return hn::GetLane(total);
}

HWY_ATTR float read_all(const float* x, Index count) { return sum_all(Unroll(), x, count); }

HWY_ATTR void write_all(float* y, Index count) {
    const auto value = hn::Set(simd::kFloats, 1.0f);
    unrolled(Unroll(), count, [&](Index i) HWY_ATTR { hn::Store(value, simd::kFloats, y + i); });
}

HWY_ATTR void triad(float* y, const float* a, const float* b, Index count) {
    const auto s = hn::Set(simd::kFloats, 0.5f);
    unrolled(Unroll(), count, [&](Index i) HWY_ATTR {
        hn::Store(hn::MulAdd(s, hn::Load(simd::kFloats, b + i), hn::Load(simd::kFloats, a + i)), simd::kFloats, y + i);
    });
}

HWY_ATTR void update(float* y, const float* a, Index count) {
    const auto s = hn::Set(simd::kFloats, 1e-6f);  // y stays finite over any number of passes
    unrolled(Unroll(), count, [&](Index i) HWY_ATTR {
        hn::Store(hn::MulAdd(s, hn::Load(simd::kFloats, a + i), hn::Load(simd::kFloats, y + i)), simd::kFloats, y + i);
    });
}

}  // namespace
}  // namespace sinter::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::bench {

HWY_EXPORT(read_all);
HWY_EXPORT(write_all);
HWY_EXPORT(triad);
HWY_EXPORT(update);

namespace {

using kernels::CpuQueue;
using kernels::Index;

constexpr Index kMinBytes = Index{16} << 10, kMaxBytes = Index{256} << 20;  // bytes, all threads together
constexpr Index kStep = 8 * 256 / sizeof(float);  // floats: one unrolled step of the widest vectors
// Arrays of a power of two bytes would start at equal offsets in their pages, where a load is taken to depend on an
// earlier store to another array.
constexpr Index kStagger = 5 * 128 / sizeof(float);
constexpr double kWindowSeconds = 0.5e-3, kPointSeconds = 8e-3;
constexpr int kMinWindows = 4;

/// How often `pass` fits into a window, timed on the calling thread alone: a window on all threads may have to wait for
/// a thread that sleeps.
template <class Pass>
int passes_per_window(const Pass& pass) {
    for (int passes = 1;; passes *= 2) {
        const Stopwatch watch;
        for (int i = 0; i < passes; ++i) pass(0);
        if (const double seconds = watch.seconds(); seconds > kWindowSeconds / 8)
            return std::max(1, static_cast<int>(passes * kWindowSeconds / seconds));
    }
}

/// The best rate of `pass(thread)`, which moves `bytes` on each of the queue's threads.
template <class Pass>
double best_bandwidth(CpuQueue& queue, double bytes, const Pass& pass) {
    const int passes = passes_per_window(pass);
    double best = 0;
    const Stopwatch total;
    for (int i = 0; i < kMinWindows || total.seconds() < kPointSeconds; ++i) {
        const Stopwatch window;
        // A thread works on its own part, whichever task it was handed: its caches hold that part and no other.
        queue.pool().run(queue.threads(), [&](std::int64_t, int thread) {
            for (int k = 0; k < passes; ++k) pass(thread);
        });
        best = std::max(best, bytes * queue.threads() * passes / window.seconds());
    }
    return best;
}

BandwidthPoint measure_point(CpuQueue& queue, float* memory, Index part, Index working_set) {
    const auto read = HWY_DYNAMIC_DISPATCH(read_all);
    const auto write = HWY_DYNAMIC_DISPATCH(write_all);
    const auto combine = HWY_DYNAMIC_DISPATCH(triad);
    const auto add_to = HWY_DYNAMIC_DISPATCH(update);
    // Array `number` of `arrays` equal ones that share a thread's part.
    const auto length = [&](int arrays) {
        const Index floats = working_set / static_cast<Index>(sizeof(float)) / queue.threads();
        return std::max(kStep, floats / arrays / kStep * kStep);
    };
    const auto array = [&](int thread, int number, int arrays) {
        return memory + thread * part + number * (length(arrays) + kStagger);
    };
    const Index whole = length(1), half = length(2), third = length(3);
    const auto bytes = [](int accesses, Index count) { return 4.0 * accesses * static_cast<double>(count); };

    BandwidthPoint point;
    point.working_set = static_cast<double>(working_set);
    point.read = best_bandwidth(queue, bytes(1, whole), [&](int thread) { keep(read(array(thread, 0, 1), whole)); });
    point.write = best_bandwidth(queue, bytes(1, whole), [&](int thread) { write(array(thread, 0, 1), whole); });
    point.triad = best_bandwidth(queue, bytes(3, third), [&](int thread) {
        combine(array(thread, 0, 3), array(thread, 1, 3), array(thread, 2, 3), third);
    });
    point.update = best_bandwidth(queue, bytes(3, half),
                                  [&](int thread) { add_to(array(thread, 0, 2), array(thread, 1, 2), half); });
    return point;
}

}  // namespace

BandwidthCurve measure_bandwidth(CpuQueue& queue) {
    const Index threads = queue.threads();
    const Index part = kMaxBytes / static_cast<Index>(sizeof(float)) / threads / kStep * kStep + 3 * (kStep + kStagger);
    float* memory = static_cast<float*>(queue.allocate(static_cast<std::size_t>(part * threads) * sizeof(float)));
    // Touched by the thread that will use it, so that its pages are near that thread where memory has a place.
    const auto write = HWY_DYNAMIC_DISPATCH(write_all);
    queue.pool().run(threads, [&](std::int64_t task, int) { write(memory + task * part, part / kStep * kStep); });

    BandwidthCurve curve;
    for (Index size = kMinBytes; size <= kMaxBytes; size *= 2)
        curve.points.push_back(measure_point(queue, memory, part, size));
    queue.release(memory);
    return curve;
}

double BandwidthPoint::of(Traffic traffic) const {
    switch (traffic) {
        case Traffic::read:
            return read;
        case Traffic::write:
            return write;
        case Traffic::triad:
            return triad;
        case Traffic::update:
            return update;
    }
    return 0;
}

double BandwidthCurve::at(double working_set, Traffic traffic) const {
    const auto above =
        std::lower_bound(points.begin(), points.end(), working_set,
                         [](const BandwidthPoint& point, double size) { return point.working_set < size; });
    if (above == points.begin()) return points.front().of(traffic);
    if (above == points.end()) return points.back().of(traffic);
    const auto below = above - 1;
    const double share = std::log(working_set / below->working_set) / std::log(above->working_set / below->working_set);
    return below->of(traffic) + share * (above->of(traffic) - below->of(traffic));
}

}  // namespace sinter::bench
#endif
