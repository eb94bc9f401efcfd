// Differentiable augmentation of images, for the discriminators of GANs (Zhao et al., "Differentiable augmentation for
// data-efficient GAN training", arXiv:2006.10738, and their code): colour, then translation, then cutout.
#pragma once

#include "kernels/contract.h"
#include "kernels/geometry.h"
#include "kernels/philox.h"
#include "kernels/random.h"

namespace sinter::kernels {

/// Which of the transformations an image goes through, in this order.
struct Augmentation {
    bool colour = false;       ///< brightness, saturation and contrast
    bool translation = false;  ///< by up to an eighth of a side; zeros come in
    bool cutout = false;       ///< zeros in a square of half a side, parts of it beyond the border

    constexpr bool any() const { return colour || translation || cutout; }
    bool operator==(const Augmentation&) const = default;
};

/// Augmentation is y = A x + b, with A and b drawn for each image.
enum class AugmentPass {
    images,     ///< y = A x + b
    direction,  ///< y = A x, the derivative along x
    transpose   ///< y = A^T x, the gradient: x is dy and y is dx
};

/// What an image goes through, from blocks 2 n and 2 n + 1 of a draw for image n. A pixel that is kept becomes
///   own x + of_pixel (mean of x over the pixel's channels) + of_image (mean of x over the image) + brightness
/// with saturation s in [0, 2), contrast c in [0.5, 1.5) and brightness in [-0.5, 0.5):
///   own = c s, of_pixel = c (1 - s), of_image = 1 - c
/// It lands at (row + down, column + right), unless that is outside of the image or within the square that is cut out.
template <class Real>
struct ImageAugmentation {
    Real own = 1, of_pixel = 0, of_image = 0, brightness = 0;
    Index down = 0, right = 0;
    Index cut_top = 0, cut_bottom = 0, cut_left = 0, cut_right = 0;  ///< [top, bottom) x [left, right)

    /// Whether pixel (row, column) of the result comes from one of the image, which is then (row - down, column -
    /// right).
    constexpr bool keeps(Index row, Index column, const ImageShape& shape) const {
        const Index from_row = row - down, from_column = column - right;
        const bool is_inside =
            from_row >= 0 && from_row < shape.height && from_column >= 0 && from_column < shape.width;
        return is_inside && !(row >= cut_top && row < cut_bottom && column >= cut_left && column < cut_right);
    }

    /// The same pairs of pixels seen from the image: the result's pixels are its own, and the other way round.
    constexpr ImageAugmentation transposed() const {
        ImageAugmentation back = *this;
        back.down = -down, back.right = -right;
        back.cut_top -= down, back.cut_bottom -= down;
        back.cut_left -= right, back.cut_right -= right;
        return back;
    }
};

template <class Real>
constexpr ImageAugmentation<Real> augmentation_of(const RandomStream& stream, Index image, const ImageShape& shape,
                                                  const Augmentation& which) {
    const PhiloxBlock colours = stream.block(static_cast<std::uint32_t>(2 * image));
    const PhiloxBlock places = stream.block(static_cast<std::uint32_t>(2 * image + 1));
    // A whole number in [first, first + count).
    const auto whole = [](std::uint32_t word, Index first, Index count) {
        return first + static_cast<Index>(whole_from(word, static_cast<std::uint32_t>(count)));
    };
    ImageAugmentation<Real> how;
    if (which.colour) {
        const Real saturation = 2 * uniform_from<Real>(colours.word[1]);
        const Real contrast = uniform_from<Real>(colours.word[2]) + static_cast<Real>(0.5);
        how.brightness = uniform_from<Real>(colours.word[0]) - static_cast<Real>(0.5);
        how.own = contrast * saturation;
        how.of_pixel = contrast * (1 - saturation);
        how.of_image = 1 - contrast;
    }
    if (which.translation) {
        const Index rows = shape.height / 8, columns = shape.width / 8;
        how.down = whole(places.word[0], -rows, 2 * rows + 1);
        how.right = whole(places.word[1], -columns, 2 * columns + 1);
    }
    if (which.cutout) {
        // A square of an even side has its middle between two pixels, or on the border.
        const Index rows = shape.height / 2, columns = shape.width / 2;
        how.cut_top = whole(places.word[2], 0, shape.height + 1 - rows % 2) - rows / 2;
        how.cut_left = whole(places.word[3], 0, shape.width + 1 - columns % 2) - columns / 2;
        how.cut_bottom = how.cut_top + rows;
        how.cut_right = how.cut_left + columns;
    }
    return how;
}

/// y = x [batch, height, width, channels], image by image as augmentation_of() draws it, in the pass that is asked for.
/// The transpose of a transpose is the direction. No mask is stored: the same address gives the same A and b.
SINTER_KERNEL(augment, Real* y, const Real* x, const ImageShape& shape, const Augmentation& which, AugmentPass pass,
              const RandomAddress& address);

}  // namespace sinter::kernels
