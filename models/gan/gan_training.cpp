#include "models/gan/gan_training.h"

#include <algorithm>
#include <optional>

#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/profile/range.h"
#include "core/tape.h"

namespace sinter {

double average_decay(double ema, std::int64_t t) {
    const double steps = static_cast<double>(t);
    return std::min(ema, (1 + steps) / (10 + steps));
}

GanTraining::GanTraining(Gan& gan, Optimizer& generator_optimizer, Optimizer& discriminator_optimizer, Generator& noise,
                         const GanTrainingOptions& options, MovingAverage* average)
    : gan_(gan),
      generator_optimizer_(generator_optimizer),
      discriminator_optimizer_(discriminator_optimizer),
      noise_(noise),
      options_(options),
      average_(average),
      guard_(noise.device()) {
    require(options.n_critic >= 1, "[gan_training] expected a generator that learns every 1st, 2nd, ... step, got {}",
            options.n_critic);
    require(!options.simultaneous || options.n_critic == 1,
            "[gan_training] simultaneous updates teach both networks in every step; use alternating ones for {} "
            "discriminator steps a generator step",
            options.n_critic);
    require(options.instance_noise >= 0 && options.gradient_penalty >= 0 && options.r1_penalty >= 0,
            "[gan_training] instance noise and penalties cannot be negative, got {}, {} and {}", options.instance_noise,
            options.gradient_penalty, options.r1_penalty);
}

void GanTraining::prepare(std::int64_t step, const Rates& rates) {
    generator_learns_ = step % options_.n_critic == 0;
    discriminator_optimizer_.prepare(rates.discriminator);
    if (!generator_learns_) return;
    generator_optimizer_.prepare(rates.generator);
    if (average_) average_->prepare(average_decay(options_.ema, generator_optimizer_.steps()));
}

// Goodfellow et al., algorithm 1, with one step of each network on a batch.
StepNumbers GanTraining::pass(const Tensor& real, const Labels& labels) {
    const bool simultaneous = options_.simultaneous;

    phase("discriminator forward");
    const Tensor fake = generate(real.size(0), labels);
    const Tensor real_logits = judge(real, labels);
    Tensor fake_logits = judge(simultaneous ? fake : fake.detach(), labels);
    const Tensor loss_d = discriminator_objective(real, fake, real_logits, fake_logits, labels);

    phase("discriminator backward");
    discriminator_optimizer_.clear_gradients();
    {
        const Frozen generator(gan_.generator());
        backward(loss_d, /*retain_graph=*/simultaneous);
    }
    const Tensor d_real = mean_verdict(real_logits), d_fake = mean_verdict(fake_logits);
    if (!simultaneous) {  // the generator meets the discriminator's new weights
        phase("discriminator update");
        guard_.check(loss_d);
        discriminator_optimizer_.apply(options_.clip_norm, &guard_);
    }

    Tensor loss_g;
    if (generator_learns_) {
        phase("generator forward");
        const Frozen discriminator(gan_.discriminator());
        if (!simultaneous) fake_logits = judge(fake, labels);
        loss_g = generator_loss(options_.loss, fake_logits);

        phase("generator backward");
        generator_optimizer_.clear_gradients();
        backward(loss_g);
    }

    if (generator_learns_) phase(simultaneous ? "updates" : "generator update");
    const StepNumbers numbers =
        guard_.collect({{"loss_d", loss_d}, {"loss_g", loss_g}, {"d_real", d_real}, {"d_fake", d_fake}});
    if (simultaneous) discriminator_optimizer_.apply(options_.clip_norm, &guard_);
    if (generator_learns_) {
        generator_optimizer_.apply(options_.clip_norm, &guard_);
        if (average_) average_->apply();
    }
    return numbers;
}

/// Fakes, on the tape where the generator learns from them.
Tensor GanTraining::generate(Index batch, const Labels& labels) {
    std::optional<NoGrad> no_grad;
    if (!generator_learns_) no_grad.emplace();
    return gan_.generate(random_normal({batch, gan_.options().latent}, 0, 1, noise_), labels);
}

/// The logits of images as they are augmented in this pass.
Tensor GanTraining::judge(const Tensor& images, const Labels& labels) {
    const Tensor seen = augment(images, options_.augmentation, noise_);
    if (options_.instance_noise == 0) return gan_.discriminate(seen, labels);
    return gan_.discriminate(seen + random_normal(seen.shape(), 0, options_.instance_noise, noise_), labels);
}

Tensor GanTraining::discriminator_objective(const Tensor& real, const Tensor& fake, const Tensor& real_logits,
                                            const Tensor& fake_logits, const Labels& labels) {
    // A penalty is on the slope at the image, through its augmentation (Zhao et al.).
    const auto discriminate = [&](const Tensor& images) {
        return gan_.discriminate(augment(images, options_.augmentation, noise_), labels);
    };
    Tensor loss = discriminator_loss(options_.loss, real_logits, fake_logits, options_.real_target());
    if (options_.gradient_penalty > 0)
        loss = loss + options_.gradient_penalty * gradient_penalty(discriminate, real, fake, noise_);
    if (options_.r1_penalty > 0) loss = loss + 0.5 * options_.r1_penalty * r1_penalty(discriminate, real);
    return loss;
}

Tensor GanTraining::mean_verdict(const Tensor& logits) const {
    const NoGrad no_grad;
    return mean(activate(logits, verdict(options_.loss)));
}

}  // namespace sinter
