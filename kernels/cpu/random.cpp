// Random numbers on the CPU: Philox blocks in vectors, tile by tile, used while they are in the nearest cache.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/random.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/random-inl.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/permutation.h"
#include "kernels/random.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

// Product and sum stay apart: a fused multiply-add would give other bits on machines that have it.
template <class Numbers>
HWY_ATTR HWY_INLINE void affine_random_range(float* y, float factor, float offset, const RandomStream& stream,
                                             Index begin, Index end, Numbers numbers) {
    const FloatVector factors = constant(factor);
    const FloatVector offsets = constant(offset);
    for_random_vectors(stream, begin, end, numbers, [&](auto access, FloatVector number, Index i) HWY_ATTR {
        access.store(hn::Add(offsets, hn::Mul(factors, number)), y + i);
    });
}

HWY_ATTR void uniform_range(float* y, float factor, float offset, const RandomStream& stream, Index begin, Index end) {
    affine_random_range(y, factor, offset, stream, begin, end, Uniforms{});
}

HWY_ATTR void normal_range(float* y, float factor, float offset, const RandomStream& stream, Index begin, Index end) {
    affine_random_range(y, factor, offset, stream, begin, end, Normals{});
}

HWY_ATTR void bernoulli_range(float* y, const float* probability, const RandomStream& stream, Index begin, Index end) {
    const FloatVector one = constant(1.0f);
    for_random_vectors(stream, begin, end, Uniforms{}, [&](auto access, FloatVector u, Index i) HWY_ATTR {
        access.store(hn::IfThenElseZero(hn::Lt(u, access.load(probability + i)), one), y + i);
    });
}

HWY_ATTR void dropout_range(float* y, const float* x, float rate, float scale, const RandomStream& stream, Index begin,
                            Index end) {
    const FloatVector rates = constant(rate);
    const FloatVector scales = constant(scale);
    for_random_vectors(stream, begin, end, Uniforms{}, [&](auto access, FloatVector u, Index i) HWY_ATTR {
        access.store(hn::IfThenZeroElse(hn::Lt(u, rates), hn::Mul(scales, access.load(x + i))), y + i);
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(uniform_range);
HWY_EXPORT(normal_range);
HWY_EXPORT(bernoulli_range);
HWY_EXPORT(dropout_range);

static_assert(kElementsPerTask % 4 == 0, "a task starts with a whole Philox block");

void random_uniform(CpuQueue& queue, Real* y, Index count, double low, double high, const RandomAddress& address) {
    const auto range = HWY_DYNAMIC_DISPATCH(uniform_range);
    const RandomStream stream = read_stream(address);
    const float factor = static_cast<float>(high - low), offset = static_cast<float>(low);
    parallel_for(queue, count, kElementsPerTask,
                 [&](Index begin, Index end) { range(y, factor, offset, stream, begin, end); });
}

void random_normal(CpuQueue& queue, Real* y, Index count, double mean, double stddev, const RandomAddress& address) {
    const auto range = HWY_DYNAMIC_DISPATCH(normal_range);
    const RandomStream stream = read_stream(address);
    const float factor = static_cast<float>(stddev), offset = static_cast<float>(mean);
    parallel_for(queue, count, kElementsPerTask,
                 [&](Index begin, Index end) { range(y, factor, offset, stream, begin, end); });
}

void random_bernoulli(CpuQueue& queue, Real* y, const Real* probability, Index count, const RandomAddress& address) {
    const auto range = HWY_DYNAMIC_DISPATCH(bernoulli_range);
    const RandomStream stream = read_stream(address);
    parallel_for(queue, count, kElementsPerTask,
                 [&](Index begin, Index end) { range(y, probability, stream, begin, end); });
}

void dropout(CpuQueue& queue, Real* y, const Real* x, Index count, double rate, const RandomAddress& address) {
    const auto range = HWY_DYNAMIC_DISPATCH(dropout_range);
    const RandomStream stream = read_stream(address);
    const float scale = static_cast<float>(1 / (1 - rate));
    parallel_for(queue, count, kElementsPerTask,
                 [&](Index begin, Index end) { range(y, x, static_cast<float>(rate), scale, stream, begin, end); });
}

void random_permutation(CpuQueue& queue, std::int32_t* order, Index count, const RandomAddress& address) {
    // This is integer work of some 20 ns an element, once an epoch. Plain code is fast enough.
    constexpr Index kIndicesPerTask = 4096;
    const RandomStream stream = read_stream(address);
    if (count <= kMaxShuffled) return shuffle(order, static_cast<std::uint32_t>(count), stream);
    const KeyedPermutation permutation(static_cast<std::uint32_t>(count), stream);
    parallel_for(queue, count, kIndicesPerTask, [&](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) {
            order[i] = static_cast<std::int32_t>(permutation(static_cast<std::uint32_t>(i)));
        }
    });
}

}  // namespace sinter::kernels
#endif
