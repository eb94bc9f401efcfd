#include "models/gan_losses.h"

#include "core/ops/activation.h"
#include "core/ops/arithmetic.h"
#include "core/ops/loss.h"
#include "core/ops/reduce.h"

namespace sinter {
namespace {

double per_example(const Tensor& logits) { return 1.0 / static_cast<double>(logits.count()); }

}  // namespace

Tensor logistic_gan_loss(const Tensor& logits, double target) {
    return sigmoid_cross_entropy(logits, Tensor::full(logits.shape(), target, logits.device()), per_example(logits));
}

Tensor least_squares_gan_loss(const Tensor& logits, double target) {
    return squared_error(logits, Tensor::full(logits.shape(), target, logits.device()), per_example(logits));
}

Tensor hinge_gan_loss(const Tensor& logits, bool real) {
    return mean(activate(affine(logits, real ? -1 : 1, 1), relu()));
}

Tensor wasserstein_loss(const Tensor& logits, bool real) { return real ? -mean(logits) : mean(logits); }

}  // namespace sinter
