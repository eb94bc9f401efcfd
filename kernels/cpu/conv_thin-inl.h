// The input gradient of a convolution with very few input channels (grey or colour images): as a matrix product it
// would fill one to four of a tile's columns. Here every pixel is a sum of dot products along the output channels
// instead, which are contiguous in dy and in the weight. Included once per target, after gemm-inl.h.

#if defined(SINTER_KERNELS_CPU_CONV_THIN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_CONV_THIN_INL_H_
#undef SINTER_KERNELS_CPU_CONV_THIN_INL_H_
#else
#define SINTER_KERNELS_CPU_CONV_THIN_INL_H_
#endif

#include "kernels/cpu/gemm-inl.h"
#include "kernels/geometry.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

inline constexpr Index kThinChannels = 4;

/// dx[p, q, :] of one image, before the epilogue, for a compile-time number of channels.
template <int kChannels>
HWY_ATTR void thin_pixel(float* HWY_RESTRICT sums, const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                         const ConvGeometry& g, Index p, Index q) {
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    const Index whole = g.out_channels / lanes * lanes;
    FloatVector sum[kChannels];
#pragma GCC unroll 4
    for (int c = 0; c < kChannels; ++c) sum[c] = hn::Zero(kFloats);
    float rest[kChannels] = {};
    for (Index a = (p + g.pad_top) % g.stride; a < g.kernel_height; a += g.stride) {
        const Index i = (p + g.pad_top - a) / g.stride;
        if (p + g.pad_top < a || i >= g.out_height) continue;
        for (Index b = (q + g.pad_left) % g.stride; b < g.kernel_width; b += g.stride) {
            const Index j = (q + g.pad_left - b) / g.stride;
            if (q + g.pad_left < b || j >= g.out_width) continue;
            const float* from = dy + (i * g.out_width + j) * g.out_channels;
            const float* tap = w + (a * g.kernel_width + b) * kChannels * g.out_channels;
            for (Index o = 0; o < whole; o += lanes) {
                const FloatVector upstream = hn::LoadU(kFloats, from + o);
#pragma GCC unroll 4
                for (int c = 0; c < kChannels; ++c) {
                    sum[c] = hn::MulAdd(upstream, hn::LoadU(kFloats, tap + c * g.out_channels + o), sum[c]);
                }
            }
            for (Index o = whole; o < g.out_channels; ++o) {
                for (int c = 0; c < kChannels; ++c) rest[c] += from[o] * tap[c * g.out_channels + o];
            }
        }
    }
    for (int c = 0; c < kChannels; ++c) sums[c] = rest[c] + hn::GetLane(hn::SumOfLanes(kFloats, sum[c]));
}

/// Rows [begin, end) of dx, counted over all images.
template <int kChannels>
HWY_ATTR void thin_rows(float* dx, const float* dy, const float* w, const ConvGeometry& g,
                        const Epilogue<float>& epilogue, Index begin, Index end) {
    const Index out_image = g.out_height * g.out_width * g.out_channels;
    for (Index row = begin; row < end; ++row) {
        float* const to = dx + row * g.width * kChannels;
        for (Index q = 0; q < g.width; ++q) {
            float sums[kChannels];
            thin_pixel<kChannels>(sums, dy + row / g.height * out_image, w, g, row % g.height, q);
            for (int c = 0; c < kChannels; ++c) {
                float value = sums[c];
                if (epilogue.accumulate) value += to[q * kChannels + c];
                if (epilogue.bias) value += epilogue.bias[c];
                to[q * kChannels + c] = value;
            }
        }
        activate_tile(&to, 1, g.width * kChannels, epilogue.activation);
    }
}

/// The whole input gradient, for 1 <= in_channels <= kThinChannels.
HWY_ATTR inline void thin_input_gradient(CpuQueue& queue, float* dx, const float* dy, const float* w,
                                         const ConvGeometry& g, const Epilogue<float>& epilogue) {
    using Rows =
        void (*)(float*, const float*, const float*, const ConvGeometry&, const Epilogue<float>&, Index, Index);
    constexpr Rows kByChannels[kThinChannels] = {thin_rows<1>, thin_rows<2>, thin_rows<3>, thin_rows<4>};
    const Rows rows = kByChannels[g.in_channels - 1];
    constexpr Index kRowsPerTask = 8;
    parallel_for(queue, g.batch * g.height, kRowsPerTask,
                 [&](Index begin, Index end) { rows(dx, dy, w, g, epilogue, begin, end); });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
