#include "models/gan_training.h"

#include <optional>

#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/tape.h"

namespace sinter {

GanTraining::GanTraining(Gan& gan, Optimizer& generator_optimizer, Optimizer& discriminator_optimizer, Generator& noise,
                         const GanTrainingOptions& options)
    : gan_(gan),
      generator_optimizer_(generator_optimizer),
      discriminator_optimizer_(discriminator_optimizer),
      noise_(noise),
      options_(options),
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

void GanTraining::prepare(const Rates& rates) {
    discriminator_optimizer_.prepare(rates.discriminator);
    generator_learns_ = discriminator_optimizer_.steps() % options_.n_critic == 0;
    if (generator_learns_) generator_optimizer_.prepare(rates.generator);
}

GanTraining::Losses GanTraining::pass(const Tensor& real, const Labels& labels) {
    return options_.simultaneous ? simultaneous_pass(real, labels) : alternating_pass(real, labels);
}

void GanTraining::repeat_passes(const Tensor& real, const Labels& labels) {
    discriminator_optimizer_.clear_gradients();
    generator_optimizer_.clear_gradients();
    const Tensor fake = generate(real.size(0), labels);
    const Tensor real_logits = judge(real, labels);
    Tensor fake_logits = judge(options_.simultaneous ? fake : fake.detach(), labels);
    {
        const Frozen generator(gan_.generator());
        backward(discriminator_objective(real, fake, real_logits, fake_logits, labels), options_.simultaneous);
    }
    const Frozen discriminator(gan_.discriminator());
    if (!options_.simultaneous) fake_logits = judge(fake, labels);
    backward(generator_loss(options_.loss, fake_logits));
}

Tensor GanTraining::generate(Index batch, const Labels& labels) {
    return gan_.generate(random_normal({batch, gan_.options().latent}, 0, 1, noise_), labels);
}

Tensor GanTraining::judge(const Tensor& images, const Labels& labels) {
    if (options_.instance_noise == 0) return gan_.discriminate(images, labels);
    return gan_.discriminate(images + random_normal(images.shape(), 0, options_.instance_noise, noise_), labels);
}

Tensor GanTraining::discriminator_objective(const Tensor& real, const Tensor& fake, const Tensor& real_logits,
                                            const Tensor& fake_logits, const Labels& labels) {
    const auto discriminate = [&](const Tensor& images) { return gan_.discriminate(images, labels); };
    Tensor loss = discriminator_loss(options_.loss, real_logits, fake_logits, options_.real_target());
    if (options_.gradient_penalty > 0)
        loss = loss + options_.gradient_penalty * gradient_penalty(discriminate, real, fake, noise_);
    if (options_.r1_penalty > 0) loss = loss + 0.5 * options_.r1_penalty * r1_penalty(discriminate, real);
    return loss;
}

GanTraining::Losses GanTraining::losses(const Tensor& loss_d, const Tensor& loss_g, const Tensor& real_logits,
                                        const Tensor& fake_logits) const {
    const Activation activation = verdict(options_.loss);
    const NoGrad no_grad;
    return {loss_d.detach(), loss_g.detach(), mean(activate(real_logits, activation)),
            mean(activate(fake_logits, activation))};
}

GanTraining::Losses GanTraining::simultaneous_pass(const Tensor& real, const Labels& labels) {
    const Tensor fake = generate(real.size(0), labels);
    const Tensor real_logits = judge(real, labels), fake_logits = judge(fake, labels);
    const Tensor loss_d = discriminator_objective(real, fake, real_logits, fake_logits, labels);
    const Tensor loss_g = generator_loss(options_.loss, fake_logits);
    guard_.check(loss_d);
    guard_.check(loss_g);

    // Both losses share the pass over the fakes: each network is frozen while the other's gradient walks back through
    // it.
    discriminator_optimizer_.clear_gradients();
    generator_optimizer_.clear_gradients();
    {
        const Frozen generator(gan_.generator());
        backward(loss_d, true);
    }
    {
        const Frozen discriminator(gan_.discriminator());
        backward(loss_g);
    }
    update(discriminator_optimizer_);
    update(generator_optimizer_);
    return losses(loss_d, loss_g, real_logits, fake_logits);
}

GanTraining::Losses GanTraining::alternating_pass(const Tensor& real, const Labels& labels) {
    // Where the generator does not learn from this step, its pass is not recorded.
    std::optional<NoGrad> no_grad;
    if (!generator_learns_) no_grad.emplace();
    const Tensor fake = generate(real.size(0), labels);
    no_grad.reset();
    const Tensor real_logits = judge(real, labels), fake_logits = judge(fake.detach(), labels);
    const Tensor loss_d = discriminator_objective(real, fake, real_logits, fake_logits, labels);
    guard_.check(loss_d);
    discriminator_optimizer_.clear_gradients();
    backward(loss_d);
    update(discriminator_optimizer_);
    if (!generator_learns_) return losses(loss_d, {}, real_logits, fake_logits);

    const Frozen discriminator(gan_.discriminator());
    const Tensor loss_g = generator_loss(options_.loss, judge(fake, labels));
    guard_.check(loss_g);
    generator_optimizer_.clear_gradients();
    backward(loss_g);
    update(generator_optimizer_);
    return losses(loss_d, loss_g, real_logits, fake_logits);
}

}  // namespace sinter
