// The gradients of a convolution with very few input channels (grey or colour images). Their matrix products would be
// too thin: the input gradient would fill one to four of a tile's columns, and the weight gradient would pack its
// patches a few values at a time. Here every pixel of the input gradient is a sum of dot products along the output
// channels, which are contiguous in dy and in the weight. The weight gradient lays out whole patches, image by image,
// and sums over shares of the batch. Included once per target, after gemm-inl.h.

#if defined(SINTER_KERNELS_CPU_CONV_THIN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_CONV_THIN_INL_H_
#undef SINTER_KERNELS_CPU_CONV_THIN_INL_H_
#else
#define SINTER_KERNELS_CPU_CONV_THIN_INL_H_
#endif

#include "kernels/cpu/product/gemm-inl.h"
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

/// The patches of an image, one row of all taps and channels for each output pixel, as panels of A.
struct ThinPatches {
    const ConvGeometry& g;
    Index run, rows, panel_rows;        ///< values of a row of taps, of a patch; patch values a panel
    Index padded_height, padded_width;  ///< the image with its border of zeros

    explicit ThinPatches(const ConvGeometry& geometry)
        : g(geometry),
          run(g.kernel_width * g.in_channels),
          rows(g.kernel_height * run),
          panel_rows(even_part(rows, kTileRows)),
          padded_height((g.out_height - 1) * g.stride + g.kernel_height),
          padded_width((g.out_width - 1) * g.stride + g.kernel_width) {}

    Index pixels() const { return g.out_height * g.out_width; }
    Index padded_count() const { return padded_height * padded_width * g.in_channels; }

    /// `padded` and `patch` are working memory of padded_count() and `rows` values.
    HWY_ATTR void pack(float* panels, const float* image, float* padded, float* patch) const {
        pad(padded, image);
        for (Index pixel = 0; pixel < pixels(); ++pixel) {
            const Index i = pixel / g.out_width * g.stride, j = pixel % g.out_width * g.stride;
            for (Index a = 0; a < g.kernel_height; ++a)
                copy(patch + a * run, padded + ((i + a) * padded_width + j) * g.in_channels, run);
            for (Index row = 0; row < rows; row += panel_rows) {
                const Index count = std::min(panel_rows, rows - row);
                copy(panels + row * pixels() + pixel * count, patch + row, count);
            }
        }
    }

private:
    static HWY_ATTR void copy(float* to, const float* from, Index count) {
        for_vectors(0, count, [&](auto access, Index i) HWY_ATTR { access.store(access.load(from + i), to + i); });
    }

    HWY_ATTR void pad(float* padded, const float* image) const {
        std::fill_n(padded, padded_count(), 0.0f);
        const Index columns = std::min(g.width, padded_width - g.pad_left);
        if (columns <= 0) return;
        for (Index y = 0; y < std::min(g.height, padded_height - g.pad_top); ++y) {
            copy(padded + ((y + g.pad_top) * padded_width + g.pad_left) * g.in_channels,
                 image + y * g.width * g.in_channels, columns * g.in_channels);
        }
    }
};

/// Whether the weight gradient goes this way: its patches are short enough to be laid out whole.
inline bool has_thin_patches(const ConvGeometry& g) {
    return g.in_channels <= kThinChannels && g.taps() * g.in_channels <= 128 && g.output_count() > 0;
}

/// dw [taps in, out] = (or +=) the sum over images and pixels of patch times upstream gradient. The batch is cut into
/// at most 16 shares, whose sums are added in order.
HWY_ATTR inline void thin_weight_gradient(CpuQueue& queue, float* dw, const float* x, const float* dy,
                                          const ConvGeometry& g, bool accumulate) {
    const ThinPatches patches(g);
    const Index images = even_part(g.batch, 16), shares = task_count(g.batch, images);
    const Index width = kTileVectors * static_cast<Index>(hn::Lanes(kFloats));
    const Index column_panels = task_count(g.out_channels, width);
    const auto whole_lines = [](Index floats) { return (floats + 15) / 16 * 16; };
    const Index share_floats = whole_lines(patches.rows * g.out_channels);
    const Index panels_a = whole_lines(patches.rows * patches.pixels());
    const Index panels_b = column_panels * width * patches.pixels();
    const Index padded = whole_lines(patches.padded_count()), patch = whole_lines(patches.rows);
    const Index thread_floats = panels_a + panels_b + padded + patch;
    const Scratch scratch(
        queue, static_cast<std::size_t>(shares * share_floats + queue.threads() * thread_floats) * sizeof(float));
    float* const sums = scratch.as<float>();
    queue.pool().run(shares, [&](std::int64_t share, int thread) HWY_ATTR {
        float* const a = sums + shares * share_floats + thread * thread_floats;
        float* const b = a + panels_a;
        const Index first = share * images, end = std::min(g.batch, first + images);
        for (Index image = first; image < end; ++image) {
            patches.pack(a, x + image * g.height * g.width * g.in_channels, b + panels_b, b + panels_b + padded);
            const PlainOperand upstream{dy + image * patches.pixels() * g.out_channels, g.out_channels, false};
            for (Index panel = 0; panel < column_panels; ++panel) {
                upstream.pack(b + panel * width * patches.pixels(), width, panel * width,
                              std::min(width, g.out_channels - panel * width), 0, patches.pixels());
            }
            multiply_panels(sums + share * share_floats, g.out_channels, patches.rows, g.out_channels, a, b,
                            width * patches.pixels(), patches.pixels(), image > first);
        }
    });
    parallel_for(queue, g.weight_count(), kElementsPerTask, [&](Index begin, Index end) HWY_ATTR {
        for_vectors(begin, end, [&](auto access, Index i) HWY_ATTR {
            FloatVector sum = accumulate ? access.load(dw + i) : hn::Zero(kFloats);
            for (Index share = 0; share < shares; ++share)
                sum = hn::Add(sum, access.load(sums + share * share_floats + i));
            access.store(sum, dw + i);
        });
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
