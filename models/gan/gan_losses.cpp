#include "models/gan/gan_losses.h"

#include "core/check.h"
#include "core/losses/loss.h"
#include "core/ops/arithmetic.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/tape.h"

namespace sinter {
namespace {

Tensor filled_like(const Tensor& x, double value) { return Tensor::full(x.shape(), value, x.device()); }

/// Mean of 1/2 (logits - label)^2.
Tensor half_squares(const Tensor& logits, double label) {
    return squared_error(logits, filled_like(logits, label), 0.5 / static_cast<double>(logits.count()));
}

/// Images as rows of pixels.
Tensor rows(const Tensor& images) { return reshape(images, {images.size(0), images.count() / images.size(0)}); }

/// dD(x)/dx as a row for every image. Where no logit depends on another image, the gradient of their sum holds the
/// gradient of each.
Tensor image_gradients(const Discriminate& discriminate, const Tensor& images) {
    Tensor x = images.detach();
    x.set_requires_grad(true);
    const Tensor slope = rows(gradient(sum(discriminate(x)), x, true));
    x.set_requires_grad(false);  // the images themselves do not learn: backward() need not come back to them
    return slope;
}

}  // namespace

Tensor verdict_cost(const Tensor& logits, double label) {
    return sigmoid_cross_entropy(logits, filled_like(logits, label), 1.0 / static_cast<double>(logits.count()));
}

bool compares_labels(GanLoss loss) {
    switch (loss) {
        case GanLoss::logistic:
        case GanLoss::least_squares:
            return true;
        case GanLoss::hinge:
        case GanLoss::wasserstein:
            break;
    }
    return false;
}

Activation verdict(GanLoss loss) {
    switch (loss) {
        case GanLoss::logistic:
            return sigmoid();
        case GanLoss::least_squares:
        case GanLoss::hinge:
        case GanLoss::wasserstein:
            break;
    }
    return identity();
}

Tensor discriminator_loss(GanLoss loss, const Tensor& real_logits, const Tensor& fake_logits, double real_target) {
    require(real_target == 1 || compares_labels(loss),
            "[gan_loss] the {} loss compares no labels, so real ones cannot be smoothed to {}; leave the target of "
            "real images at 1",
            name_of(kGanLosses, loss), real_target);
    switch (loss) {
        case GanLoss::logistic:
            return verdict_cost(real_logits, real_target) + verdict_cost(fake_logits, 0);
        case GanLoss::least_squares:
            return half_squares(real_logits, real_target) + half_squares(fake_logits, 0);
        case GanLoss::hinge:
            return mean(relu(affine(real_logits, -1, 1))) + mean(relu(affine(fake_logits, 1, 1)));
        case GanLoss::wasserstein:
            break;
    }
    return mean(fake_logits) - mean(real_logits);
}

Tensor generator_loss(GanLoss loss, const Tensor& fake_logits) {
    switch (loss) {
        case GanLoss::logistic:
            return verdict_cost(fake_logits, 1);
        case GanLoss::least_squares:
            return half_squares(fake_logits, 1);
        case GanLoss::hinge:
        case GanLoss::wasserstein:
            break;
    }
    return -mean(fake_logits);
}

Tensor gradient_penalty(const Discriminate& discriminate, const Tensor& real, const Tensor& fake,
                        Generator& generator) {
    require(real.shape() == fake.shape(), "[gradient_penalty] real images are {}, fakes are {}", real.shape(),
            fake.shape());
    Tensor x;
    {
        const NoGrad constant;
        const Tensor share = random_uniform({real.size(0)}, 0, 1, generator);
        x = reshape(rows(fake) + multiply_column(rows(real) - rows(fake), share), real.shape());
    }
    const Tensor excess = affine(row_norms(image_gradients(discriminate, x)), 1, -1);
    return mean(excess * excess);
}

Tensor r1_penalty(const Discriminate& discriminate, const Tensor& real) {
    const Tensor slopes = image_gradients(discriminate, real);
    return mean(sum(slopes * slopes, {1}));
}

}  // namespace sinter
