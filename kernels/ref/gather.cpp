// Reference gathers and block copies.
#include "kernels/gather.h"

#include "kernels/ref/instantiate.h"
#include "kernels/ref/random.h"

namespace sinter::kernels {

template <class Real>
void gather_images(RefQueue<Real>&, Real* y, const std::uint8_t* images, const std::int32_t* order,
                   const std::int64_t* position, MatrixShape batch, double scale, double offset) {
    for (Index b = 0; b < batch.rows; ++b) {
        const std::uint8_t* image = images + order[position[0] + b] * batch.columns;
        for (Index c = 0; c < batch.columns; ++c) {
            y[b * batch.columns + c] = static_cast<Real>(scale) * image[c] + static_cast<Real>(offset);
        }
    }
}

template <class Real>
void gather_labels(RefQueue<Real>&, std::int32_t* y, const std::uint8_t* labels, const std::int32_t* order,
                   const std::int64_t* position, Index batch) {
    for (Index b = 0; b < batch; ++b) y[b] = labels[order[position[0] + b]];
}

template <class Real>
void flip_horizontal(RefQueue<Real>&, Real* y, const Real* x, const ImageShape& shape, const RandomAddress& address) {
    const RandomStream stream = read_stream(address);
    for (Index i = 0; i < shape.count(); ++i) {
        const Index c = i % shape.channels, q = i / shape.channels % shape.width;
        const Index row = i / (shape.channels * shape.width), n = row / shape.height;
        const bool mirrored = ref::uniform_element<Real>(stream, n) < static_cast<Real>(0.5);
        const Index from = mirrored ? shape.width - 1 - q : q;
        y[i] = x[(row * shape.width + from) * shape.channels + c];
    }
}

template <class Real>
void shift_images(RefQueue<Real>&, Real* y, const Real* x, const ImageShape& shape, Index most, double outside,
                  const RandomAddress& address) {
    const RandomStream stream = read_stream(address);
    for (Index i = 0; i < shape.count(); ++i) {
        const Index c = i % shape.channels, q = i / shape.channels % shape.width;
        const Index row = i / (shape.channels * shape.width), r = row % shape.height, n = row / shape.height;
        const Shift shift = random_shift(stream, n, most);
        const Index from_r = r - shift.down, from_q = q - shift.right;
        const bool is_inside = from_r >= 0 && from_r < shape.height && from_q >= 0 && from_q < shape.width;
        y[i] = is_inside ? x[((n * shape.height + from_r) * shape.width + from_q) * shape.channels + c]
                         : static_cast<Real>(outside);
    }
}

template <class Real>
void copy_block(RefQueue<Real>&, Real* to, const Real* from, MatrixShape shape, Index to_stride, Index from_stride,
                bool accumulate) {
    for (Index r = 0; r < shape.rows; ++r) {
        for (Index c = 0; c < shape.columns; ++c) {
            const Real value = from[r * from_stride + c];
            Real& target = to[r * to_stride + c];
            target = accumulate ? target + value : value;
        }
    }
}

template <class Real>
void transpose(RefQueue<Real>&, Real* y, const Real* x, MatrixShape shape) {
    for (Index r = 0; r < shape.rows; ++r) {
        for (Index c = 0; c < shape.columns; ++c) y[c * shape.rows + r] = x[r * shape.columns + c];
    }
}

SINTER_REF_INSTANTIATE(gather_images);
SINTER_REF_INSTANTIATE(gather_labels);
SINTER_REF_INSTANTIATE(flip_horizontal);
SINTER_REF_INSTANTIATE(shift_images);
SINTER_REF_INSTANTIATE(copy_block);
SINTER_REF_INSTANTIATE(transpose);

}  // namespace sinter::kernels
