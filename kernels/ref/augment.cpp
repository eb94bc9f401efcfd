// Reference augmentation, one transformation after the other.
#include "kernels/augment.h"

#include <numeric>
#include <vector>

#include "kernels/ref/instantiate.h"

namespace sinter::kernels {
namespace {

/// own x + of_pixel P x + of_image M x of an image, where P and M take the means over the channels of each pixel and
/// over the image. The matrix of it is symmetric.
template <class Real>
std::vector<Real> coloured(const std::vector<Real>& x, Index channels, const ImageAugmentation<Real>& how) {
    const auto count = static_cast<Real>(x.size());
    const Real of_image = how.of_image * (std::accumulate(x.begin(), x.end(), Real{0}) / count);
    std::vector<Real> y(x.size());
    for (auto pixel = x.begin(); pixel != x.end(); pixel += channels) {
        const Real mean = std::accumulate(pixel, pixel + channels, Real{0}) / static_cast<Real>(channels);
        for (Index c = 0; c < channels; ++c) {
            y[static_cast<std::size_t>(pixel - x.begin() + c)] = how.own * pixel[c] + how.of_pixel * mean + of_image;
        }
    }
    return y;
}

/// use(place in the result, place in the image) for every number that is kept.
template <class Real, class Use>
void for_kept(const ImageShape& shape, const ImageAugmentation<Real>& how, const Use& use) {
    for (Index row = 0; row < shape.height; ++row) {
        for (Index column = 0; column < shape.width; ++column) {
            if (!how.keeps(row, column, shape)) continue;
            for (Index c = 0; c < shape.channels; ++c) {
                use(static_cast<std::size_t>((row * shape.width + column) * shape.channels + c),
                    static_cast<std::size_t>(((row - how.down) * shape.width + column - how.right) * shape.channels +
                                             c));
            }
        }
    }
}

}  // namespace

template <class Real>
void augment(RefQueue<Real>&, Real* y, const Real* x, const ImageShape& shape, const Augmentation& which,
             AugmentPass pass, const RandomAddress& address) {
    const RandomStream stream = read_stream(address);
    const Index size = shape.height * shape.width * shape.channels;
    for (Index n = 0; n < shape.batch; ++n, x += size, y += size) {
        const ImageAugmentation<Real> how = augmentation_of<Real>(stream, n, shape, which);
        std::vector<Real> image(x, x + size), result(static_cast<std::size_t>(size));
        if (pass == AugmentPass::transpose) {
            for_kept(shape, how, [&](std::size_t to, std::size_t from) { result[from] = image[to]; });
            result = coloured(result, shape.channels, how);
        } else {
            image = coloured(image, shape.channels, how);
            const Real brightness = pass == AugmentPass::images ? how.brightness : Real{0};
            for_kept(shape, how, [&](std::size_t to, std::size_t from) { result[to] = image[from] + brightness; });
        }
        std::copy(result.begin(), result.end(), y);
    }
}

SINTER_REF_INSTANTIATE(augment);

}  // namespace sinter::kernels
