#include "core/ops/augment.h"

#include "core/call.h"
#include "core/check.h"
#include "core/tape.h"

namespace sinter {
namespace {

using kernels::AugmentPass;
using kernels::ImageShape;

/// x through one pass of a draw. The passes are linear but for a constant: the gradient of each is the transpose, and
/// that of the transpose the direction.
Tensor passed(const Tensor& x, const Augmentation& which, AugmentPass pass, const Draw& draw) {
    Tensor y = Tensor::empty(x.shape(), x.device());
    call(kernel::augment, y, x, ImageShape{x.size(0), x.size(1), x.size(2), x.size(3)}, which, pass, draw.address());
    const AugmentPass back_pass = pass == AugmentPass::transpose ? AugmentPass::direction : AugmentPass::transpose;
    return record("augment", y, {x}, [=](Backward& back) { back.add(0, passed(back.dy(), which, back_pass, draw)); });
}

}  // namespace

Tensor augment(const Tensor& images, const Augmentation& which, Generator& generator) {
    require(images.shape().rank() == 4, "[augment] expected images [batch, height, width, channels], got {}",
            images.shape());
    if (!which.any()) return images;
    return passed(images, which, AugmentPass::images, generator.next());
}

}  // namespace sinter
