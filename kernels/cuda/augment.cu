// Augmentation on the device, in one launch: a block has a part of an image, a thread a pixel at a time.
//
// Limiter: memory, 8 bytes an element. For the mean of the image a block reads all of it before, which brings the part
// that it works on into the nearest cache; only images above 64 x 64 are cut, and read by several blocks from the
// second level.
#include "kernels/augment.h"

#include <algorithm>

#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/block_sum.cuh"
#include "kernels/cuda/toolbox/divisor.cuh"

namespace sinter::kernels {
namespace {

constexpr Index kPixelsOfBlock = 16 * kBlock;

__global__ void __launch_bounds__(kBlock) augment_kernel(float* y, const float* x, ImageShape shape, Divisor width,
                                                         Augmentation which, AugmentPass pass, RandomAddress address) {
    const Index image = blockIdx.x, pixels = shape.height * shape.width, channels = shape.channels;
    x += image * pixels * channels;
    y += image * pixels * channels;
    ImageAugmentation<float> how = augmentation_of<float>(read_stream(address), image, shape, which);
    const bool is_transpose = pass == AugmentPass::transpose;
    if (is_transpose) how = how.transposed();
    // Where the numbers of the result's pixel come from; null for none.
    const auto source = [&](Index pixel) -> const float* {
        const Index row = width.quotient(pixel), column = width.remainder(pixel, row);
        if (!how.keeps(row, column, shape)) return nullptr;
        return x + ((row - how.down) * shape.width + column - how.right) * channels;
    };
    const auto sum_of = [&](const float* from) {
        float sum = 0;
        for (Index c = 0; c < channels; ++c) sum += from[c];
        return sum;
    };

    float of_image = 0;
    if (which.colour) {
        float sum[1] = {};
        for (Index p = threadIdx.x; p < pixels; p += kBlock) {
            const float* const from = is_transpose ? source(p) : x + p * channels;
            if (from) sum[0] += sum_of(from);
        }
        block_totals(sum, 1);
        of_image = how.of_image * (sum[0] / static_cast<float>(pixels * channels));
    }
    const float brightness = pass == AugmentPass::images ? how.brightness : 0;
    const float outside = is_transpose ? of_image : 0;
    const float of_sum = how.of_pixel / static_cast<float>(channels);
    const Index begin = blockIdx.y * kPixelsOfBlock, end = min(pixels, begin + kPixelsOfBlock);
    for (Index p = begin + threadIdx.x; p < end; p += kBlock) {
        float* const to = y + p * channels;
        const float* const from = source(p);
        if (!from) {
            for (Index c = 0; c < channels; ++c) to[c] = outside;
        } else if (which.colour) {
            const float shared = __fmaf_rn(of_sum, sum_of(from), of_image + brightness);
            for (Index c = 0; c < channels; ++c) to[c] = __fmaf_rn(how.own, from[c], shared);
        } else {
            for (Index c = 0; c < channels; ++c) to[c] = from[c];
        }
    }
}

}  // namespace

void augment(CudaQueue& queue, Real* y, const Real* x, const ImageShape& shape, const Augmentation& which,
             AugmentPass pass, const RandomAddress& address) {
    const Index parts_of_image = parts(shape.height * shape.width, kPixelsOfBlock);
    if (shape.count() == 0) return;
    launch<augment_kernel>(queue, dim3(static_cast<unsigned>(shape.batch), static_cast<unsigned>(parts_of_image)),
                           kBlock, 0, y, x, shape, Divisor(shape.width), which, pass, address);
}

}  // namespace sinter::kernels
