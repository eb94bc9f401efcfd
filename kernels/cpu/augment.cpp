// Augmentation on the CPU: image by image. A row of the result is runs of pixels that come from a row of the image,
// and runs of one value beside them.
//
// Limiter: memory. x is read a second time for the mean of the image, from the nearest caches.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/augment.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <algorithm>

#include "hwy/highway.h"
#include "kernels/augment.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/cpu/toolbox/sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// What becomes of a kept pixel: own x + of_pixel (mean over its channels) + offset.
struct PixelColour {
    float own, of_pixel, offset;
    Index channels;
};

HWY_ATTR void colour_pixels(float* y, const float* x, Index pixels, const PixelColour& colour) {
    const FloatVector own = constant(colour.own), offset = constant(colour.offset);
    if (colour.channels == 1) {
        const FloatVector factor = constant(colour.own + colour.of_pixel);
        for_vectors(0, pixels, [&](auto access, Index i) HWY_ATTR {
            access.store(hn::MulAdd(factor, access.load(x + i), offset), y + i);
        });
        return;
    }
    Index p = 0;
    if (colour.channels == 3) {
        const FloatVector of_pixel = constant(colour.of_pixel / 3);
        const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
        for (; p + lanes <= pixels; p += lanes) {
            FloatVector red, green, blue;
            hn::LoadInterleaved3(kFloats, x + 3 * p, red, green, blue);
            const FloatVector shared = hn::MulAdd(of_pixel, hn::Add(hn::Add(red, green), blue), offset);
            hn::StoreInterleaved3(hn::MulAdd(own, red, shared), hn::MulAdd(own, green, shared),
                                  hn::MulAdd(own, blue, shared), kFloats, y + 3 * p);
        }
    }
    const float of_sum = colour.of_pixel / static_cast<float>(colour.channels);
    for (; p < pixels; ++p) {
        const float* const from = x + p * colour.channels;
        float sum = 0;
        for (Index c = 0; c < colour.channels; ++c) sum += from[c];
        const float shared = of_sum * sum + colour.offset;
        for (Index c = 0; c < colour.channels; ++c) y[p * colour.channels + c] = colour.own * from[c] + shared;
    }
}

/// Calls kept(row, first, last) and other(row, first, last) for the runs of columns [first, last) of the result that
/// come from the image, and for those that do not.
template <class Kept, class Other>
HWY_ATTR HWY_INLINE void for_runs(const ImageShape& shape, const ImageAugmentation<float>& how, const Kept& kept,
                                  const Other& other) {
    const Index first = std::max<Index>(0, how.right), last = std::min(shape.width, shape.width + how.right);
    for (Index row = 0; row < shape.height; ++row) {
        if (row - how.down < 0 || row - how.down >= shape.height) {
            other(row, 0, shape.width);
            continue;
        }
        const bool is_cut = row >= how.cut_top && row < how.cut_bottom;
        const Index left = is_cut ? std::clamp(how.cut_left, first, last) : last;
        const Index right = is_cut ? std::clamp(how.cut_right, first, last) : last;
        other(row, 0, first);
        kept(row, first, left);
        other(row, left, right);
        kept(row, right, last);
        other(row, last, shape.width);
    }
}

HWY_ATTR void augment_image(float* y, const float* x, const ImageShape& shape, const ImageAugmentation<float>& how,
                            const Augmentation& which, AugmentPass pass) {
    const Index channels = shape.channels, row_size = shape.width * channels, size = shape.height * row_size;
    // Of the result's place (row, column).
    const auto source = [&](Index row, Index column) {
        return x + (row - how.down) * row_size + (column - how.right) * channels;
    };
    const auto nothing = [](Index, Index, Index) {};
    float of_image = 0;
    if (which.colour) {
        const auto sum_of = [&](const float* from, Index count) HWY_ATTR {
            return sum_vectors(0, count, [&](auto access, Index i) HWY_ATTR { return access.load(from + i); });
        };
        double sum = 0;
        if (pass == AugmentPass::transpose) {
            for_runs(
                shape, how,
                [&](Index row, Index first, Index last)
                    HWY_ATTR { sum += sum_of(source(row, first), (last - first) * channels); },
                nothing);
        } else {
            sum = sum_of(x, size);
        }
        of_image = how.of_image * static_cast<float>(sum / static_cast<double>(size));
    }
    const float brightness = pass == AugmentPass::images ? how.brightness : 0;
    const float outside = pass == AugmentPass::transpose ? of_image : 0;
    const PixelColour colour{how.own, how.of_pixel, of_image + brightness, channels};
    for_runs(
        shape, how,
        [&](Index row, Index first, Index last) HWY_ATTR {
            if (first >= last) return;
            float* const to = y + row * row_size + first * channels;
            if (which.colour)
                colour_pixels(to, source(row, first), last - first, colour);
            else
                std::copy_n(source(row, first), (last - first) * channels, to);
        },
        [&](Index row, Index first, Index last) {
            if (first < last) std::fill_n(y + row * row_size + first * channels, (last - first) * channels, outside);
        });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(augment_image);

void augment(CpuQueue& queue, Real* y, const Real* x, const ImageShape& shape, const Augmentation& which,
             AugmentPass pass, const RandomAddress& address) {
    const auto image = HWY_DYNAMIC_DISPATCH(augment_image);
    const RandomStream stream = read_stream(address);
    const Index size = shape.height * shape.width * shape.channels;
    if (size == 0) return;
    const Index per_task = std::max<Index>(1, kElementsPerTask / size);
    parallel_for(queue, shape.batch, per_task, [&](Index begin, Index end) {
        for (Index n = begin; n < end; ++n) {
            const ImageAugmentation<float> how = augmentation_of<float>(stream, n, shape, which);
            image(y + n * size, x + n * size, shape, pass == AugmentPass::transpose ? how.transposed() : how, which,
                  pass);
        }
    });
}

}  // namespace sinter::kernels
#endif
