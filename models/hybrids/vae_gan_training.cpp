#include "models/hybrids/vae_gan_training.h"

#include "core/check.h"
#include "core/losses/loss.h"
#include "core/losses/vae.h"
#include "core/ops/arithmetic.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/profile/range.h"
#include "core/tape.h"
#include "models/gan/gan_losses.h"

namespace sinter {
namespace {

Tensor mean_verdict(const Tensor& logits) {
    const NoGrad no_grad;
    return mean(activate(logits, sigmoid()));
}

}  // namespace

VaeGanTraining::VaeGanTraining(VaeGan& model, const VaeGanOptimizers& optimizers, Generator& noise,
                               const VaeGanTrainingOptions& options)
    : model_(model), optimizers_(optimizers), noise_(noise), options_(options), guard_(noise.device()) {
    require(options.gamma >= 0 && options.balance.margin >= 0,
            "[vae_gan_training] the weight of the reconstruction and the margin of the balance cannot be negative, got "
            "{} and {}",
            options.gamma, options.balance.margin);
    optimizers_.generator->count_on_device();
    optimizers_.discriminator->count_on_device();
}

void VaeGanTraining::prepare(const Rates& rates) {
    optimizers_.encoder->prepare(rates.encoder);
    optimizers_.generator->prepare(rates.generator);
    optimizers_.discriminator->prepare(rates.discriminator);
}

// Larsen et al., algorithm 1, with the non-saturating loss of the generator. Each network's loss walks back through the
// others, which are frozen then: so no gradient of the reconstruction reaches the discriminator, and none of the game
// the encoder.
StepNumbers VaeGanTraining::pass(const Tensor& x, const Buffer<std::int32_t>& labels) {
    Gan& gan = model_.gan();
    const Index batch = x.size(0);

    phase("encoder forward");
    const auto [z, prior] = reparameterise_kl(model_.heads(x, labels), noise_);

    phase("generator forward");
    const Tensor reconstruction = gan.generate(z, labels);
    const Tensor z_p = random_normal({batch, gan.options().latent}, 0, 1, noise_);
    const Tensor sample = gan.generate(z_p, labels);

    phase("discriminator forward");
    const Gan::Judgement real = model_.judge(x, labels), rebuilt = model_.judge(reconstruction, labels);
    const Tensor sample_logits = gan.discriminate(sample, labels);
    const Index features = real.features.count() / batch;
    const Tensor likelihood = squared_error(rebuilt.features, real.features, 0.5 / static_cast<double>(batch));

    // Both kinds of fakes together weigh as much as the real images, or an even game would lie elsewhere than at log 2.
    const auto fake_cost = [&](double label) {
        const Tensor of_samples = verdict_cost(sample_logits, label);
        if (!options_.discriminate_reconstructions) return of_samples;
        return 0.5 * (of_samples + verdict_cost(rebuilt.logits, label));
    };
    const Tensor real_cost = verdict_cost(real.logits, 1), taken_for_real_cost = fake_cost(0);
    const Tensor loss_d = real_cost + taken_for_real_cost;
    const Tensor loss_g = fake_cost(1);

    phase("encoder backward");
    optimizers_.encoder->clear_gradients();
    {
        const Frozen generator(gan.generator()), discriminator(gan.discriminator());
        backward(prior + likelihood, /*retain_graph=*/true);
    }

    phase("discriminator backward");
    optimizers_.discriminator->clear_gradients();
    {
        const Frozen encoder(model_.encoder()), generator(gan.generator());
        backward(loss_d, /*retain_graph=*/true);
    }

    phase("generator backward");
    optimizers_.generator->clear_gradients();
    {
        const Frozen encoder(model_.encoder()), discriminator(gan.discriminator());
        backward(options_.gamma / static_cast<double>(features) * likelihood + loss_g);
    }

    phase("updates");
    const HeldPlayers held = hold_players(options_.balance, real_cost, taken_for_real_cost);
    const StepNumbers numbers = guard_.collect({{"kl", prior},
                                                {"recon", likelihood},
                                                {"loss_g", loss_g},
                                                {"loss_d", loss_d},
                                                {"d_real", mean_verdict(real.logits)},
                                                {"d_fake", mean_verdict(sample_logits)},
                                                {"held_g", held.generator},
                                                {"held_d", held.discriminator}});
    optimizers_.encoder->apply(options_.clip_norm, &guard_);
    optimizers_.generator->apply(options_.clip_norm, &guard_, held.generator);
    optimizers_.discriminator->apply(options_.clip_norm, &guard_, held.discriminator);
    return numbers;
}

}  // namespace sinter
