// Minimal filtering: the weight into the transformed domain, and its gradient back. Included once per target.

#if defined(SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_WEIGHTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_WEIGHTS_INL_H_
#undef SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_WEIGHTS_INL_H_
#else
#define SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_WEIGHTS_INL_H_
#endif

#include "kernels/cpu/minimal_filter/winograd.h"
#include "kernels/cpu/minimal_filter/winograd_operands-inl.h"
#include "kernels/cpu/minimal_filter/winograd_transform-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// Where the r x r taps of input channel d of all phases are in the weight; null where the kernel has no such tap.
template <class Float>
HWY_ATTR void find_taps(Float** taps, Float* weight, const WinogradPlan& plan, Index d) {
    const ConvGeometry& g = plan.geometry;
    const Index phase = d / g.in_channels;
    find_places(taps, weight + d % g.in_channels * g.out_channels, {g.kernel_width, g.in_channels * g.out_channels},
                plan.r, {phase / g.stride, phase % g.stride, g.stride}, {0, g.kernel_height});
}

/// U = G g G^T as panels with the output channels as columns.
template <class F>
HWY_ATTR void transform_weight(CpuQueue& queue, const Panels& u, const float* w, const WinogradPlan& plan) {
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats)), out = plan.geometry.out_channels;
    parallel_for(queue, plan.depth, 4, [&](Index begin, Index end) HWY_ATTR {
        const float* taps[kMaxTaps * kMaxTaps];
        for (Index d = begin; d < end; ++d) {
            find_taps(taps, w, plan, d);
            transform_from<typename F::Taps>(taps, out, [&](auto, Index o, Index p, FloatVector value) HWY_ATTR {
                // Panels are wide enough for whole vectors.
                hn::StoreU(value, kFloats, u.at(p, o / u.width) + d * u.width + o % u.width);
            });
            // The second vector of a last panel that has but one.
            const Index end_of_row = task_count(out, lanes) * lanes;
            if (end_of_row % u.width == 0) continue;
            for (Index p = 0; p < plan.positions(); ++p) {
                hn::StoreU(hn::Zero(kFloats), kFloats,
                           u.at(p, end_of_row / u.width) + d * u.width + end_of_row % u.width);
            }
        }
    });
}

/// U^T as panels with the channels of all phases as columns. It transforms a block of one panel's columns and one
/// vector of output channels, then turns it.
template <class F>
HWY_ATTR void transform_weight_transposed(CpuQueue& queue, const Panels& u, float* blocks, const float* w,
                                          const WinogradPlan& plan) {
    const ConvGeometry& g = plan.geometry;
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    const Index vectors = task_count(g.out_channels, lanes);
    queue.pool().run(u.count() * vectors, [&](std::int64_t task, int thread) HWY_ATTR {
        const Index panel = task / vectors, o = task % vectors * lanes;
        const Index columns = u.columns_of(panel);
        const Index depth = std::min(lanes, g.out_channels - o);
        float* const block = blocks + thread * plan.positions() * u.width * lanes;
        const float* taps[kMaxTaps * kMaxTaps];
        for (Index column = 0; column < columns; ++column) {
            find_taps(taps, w + o, plan, panel * u.width + column);
            transform_from<typename F::Taps>(taps, depth, [&](auto, Index, Index p, FloatVector value) HWY_ATTR {
                hn::StoreU(value, kFloats, block + (p * u.width + column) * lanes);
            });
        }
        const PlainOperand columns_of_block{block, lanes, true};
        for (Index p = 0; p < plan.positions(); ++p)
            columns_of_block.pack(u.at(p, panel) + o * u.width, u.width, p * u.width, columns, 0, depth);
    });
}

/// dw = (or +=) G^T U G, U [channels of all phases, out] at each position.
template <class F>
HWY_ATTR void transform_weight_gradient(CpuQueue& queue, float* dw, const Positions& u, const WinogradPlan& plan,
                                        bool accumulate) {
    parallel_for(queue, plan.depth, 4, [&](Index begin, Index end) HWY_ATTR {
        float* taps[kMaxTaps * kMaxTaps];
        for (Index d = begin; d < end; ++d) {
            find_taps(taps, dw, plan, d);
            transform_to<typename F::TapsTransposed>(taps, u.columns, u.data + d * u.columns, u.distance, accumulate,
                                                     nullptr);
        }
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
