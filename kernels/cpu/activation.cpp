// Pointwise activations and their gradients on the CPU; the kind is chosen once per task, outside of the loops.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/activation.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/activation.h"
#include "kernels/cpu/toolbox/activation-inl.h"
#include "kernels/cpu/toolbox/column_sums-inl.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

HWY_ATTR void activation_forward_range(float* y, const float* x, Activation activation, Index begin, Index end) {
    with_activation(activation, [&](auto f) HWY_ATTR {
        for_vectors(begin, end, [&](auto access, Index i) HWY_ATTR { access.store(f(access.load(x + i)), y + i); });
    });
}

HWY_ATTR void activation_backward_range(float* dx, const float* dy, const float* kept, Activation activation,
                                        Index begin, Index end) {
    with_activation(activation, [&](auto f) HWY_ATTR {
        for_vectors(begin, end, [&](auto access, Index i) HWY_ATTR {
            access.store(f.backward(access.load(dy + i), access.load(kept + i)), dx + i);
        });
    });
}

HWY_ATTR void bias_activation_backward_tile(float* sums, float* dx, const float* dy, const float* kept,
                                            Activation activation, const ColumnSumTile& tile) {
    with_activation(activation, [&](auto f) HWY_ATTR {
        sum_tile(sums, tile, [&](auto access, Index i) HWY_ATTR {
            const FloatVector d = f.backward(access.load(dy + i), access.load(kept + i));
            access.store(d, dx + i);
            return d;
        });
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(activation_forward_range);
HWY_EXPORT(activation_backward_range);
HWY_EXPORT(bias_activation_backward_tile);
HWY_EXPORT(add_rows);

void activation_forward(CpuQueue& queue, Real* y, const Real* x, Index count, Activation activation) {
    const auto range = HWY_DYNAMIC_DISPATCH(activation_forward_range);
    parallel_for(queue, count, kElementsPerTask, [&](Index begin, Index end) { range(y, x, activation, begin, end); });
}

void activation_backward(CpuQueue& queue, Real* dx, const Real* dy, const Real* kept, Index count,
                         Activation activation) {
    const auto range = HWY_DYNAMIC_DISPATCH(activation_backward_range);
    parallel_for(queue, count, kElementsPerTask,
                 [&](Index begin, Index end) { range(dx, dy, kept, activation, begin, end); });
}

void bias_activation_backward(CpuQueue& queue, Real* dx, Real* dbias, const Real* dy, const Real* kept,
                              MatrixShape shape, Activation activation, bool accumulate) {
    const auto sum_tile = HWY_DYNAMIC_DISPATCH(bias_activation_backward_tile);
    sum_over_rows(
        queue, dbias, shape, accumulate,
        [&](float* sums, const ColumnSumTile& tile) { sum_tile(sums, dx, dy, kept, activation, tile); },
        HWY_DYNAMIC_DISPATCH(add_rows));
}

}  // namespace sinter::kernels
#endif
