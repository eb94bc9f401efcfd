#include "models/hybrids/bigan_training.h"

#include "core/ops/arithmetic.h"
#include "core/ops/reduce.h"
#include "core/profile/range.h"
#include "core/tape.h"
#include "models/gan/gan_losses.h"

namespace sinter {
namespace {

/// The mean of the cross-entropies of both kinds of pairs, of which the first are to be taken for (x, E(x)).
Tensor pair_loss(const Tensor& taken_for_real, const Tensor& taken_for_fake) {
    return 0.5 * discriminator_loss(GanLoss::logistic, taken_for_real, taken_for_fake);
}

Tensor mean_verdict(const Tensor& logits) {
    const NoGrad no_grad;
    return mean(activate(logits, verdict(GanLoss::logistic)));
}

}  // namespace

BiGanTraining::BiGanTraining(BiGan& bigan, Optimizer& pair_optimizer, Optimizer& discriminator_optimizer,
                             Generator& noise, double clip_norm)
    : bigan_(bigan),
      pair_optimizer_(pair_optimizer),
      discriminator_optimizer_(discriminator_optimizer),
      noise_(noise),
      clip_norm_(clip_norm),
      guard_(noise.device()) {}

void BiGanTraining::prepare(const Rates& rates) {
    pair_optimizer_.prepare(rates.pair);
    discriminator_optimizer_.prepare(rates.discriminator);
}

StepNumbers BiGanTraining::pass(const Tensor& images) {
    phase("forward");
    const Tensor z = bigan_.draw_codes(images.size(0), noise_);
    const Tensor generated = bigan_.generate(z);
    const Tensor inferred = bigan_.infer(images, noise_);
    const Tensor real_logits = bigan_.discriminate(images, inferred);
    const Tensor fake_logits = bigan_.discriminate(generated, z);
    const Tensor loss_d = pair_loss(real_logits, fake_logits);
    const Tensor loss_g = pair_loss(fake_logits, real_logits);

    phase("discriminator backward");
    discriminator_optimizer_.clear_gradients();
    {
        const Frozen pair(bigan_.generator_and_encoder());
        backward(loss_d, /*retain_graph=*/true);
    }

    phase("generator and encoder backward");
    pair_optimizer_.clear_gradients();
    {
        const Frozen discriminator(bigan_.discriminator());
        backward(loss_g);
    }

    phase("updates");
    const StepNumbers numbers = guard_.collect({{"loss_d", loss_d},
                                                {"loss_g", loss_g},
                                                {"d_real", mean_verdict(real_logits)},
                                                {"d_fake", mean_verdict(fake_logits)}});
    discriminator_optimizer_.apply(clip_norm_, &guard_);
    pair_optimizer_.apply(clip_norm_, &guard_);
    return numbers;
}

}  // namespace sinter
