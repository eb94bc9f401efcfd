// One training step of a GAN: what the training program runs and the tests compare with PyTorch.
#pragma once

#include "core/names.h"
#include "core/optim/optimizer.h"
#include "models/gan.h"
#include "models/gan_losses.h"

namespace sinter {

/// How the two networks learn. A zero switches a term off.
struct GanTrainingOptions {
    GanLoss loss = GanLoss::logistic;
    bool simultaneous = false;    ///< both networks from one forward pass, instead of one after the other
    std::int64_t n_critic = 1;    ///< the generator learns in every n-th step only
    double label_smoothing = 0;   ///< one-sided: real images are labelled 1 minus this
    double instance_noise = 0;    ///< deviation of normal noise on all images that the discriminator judges
    double gradient_penalty = 0;  ///< weight of gradient_penalty(); WGAN-GP: 10
    double r1_penalty = 0;        ///< gamma: r1_penalty() is weighted by gamma / 2
    double clip_norm = 0;         ///< largest norm of either network's gradient

    double real_target() const { return 1 - label_smoothing; }
};

/// The words for `simultaneous`.
inline constexpr Named<bool> kGanUpdates[] = {
    {"alternating", false, "the discriminator first, with fakes of its own pass"},
    {"simultaneous", true, "both from one pass"}};

/// The state of a training: networks, their optimizers and the noise, all of the caller, which must outlive it.
///
/// Alternating (Radford et al.): the discriminator learns from real images and fresh fakes, in separate passes, then
/// the generator through the discriminator's new weights.
///
/// Simultaneous (TensorFlow's tutorial): the discriminator judges real and fake images once, with its old weights; the
/// gradients of both networks come from that pass and both are updated after it. One pass over the fakes less a step.
class GanTraining {
public:
    /// Throws UsageError for options that contradict each other.
    GanTraining(Gan& gan, Optimizer& generator_optimizer, Optimizer& discriminator_optimizer, Generator& noise,
                const GanTrainingOptions& options = {});

    /// What a step found before its updates, as tensors [1].
    struct Losses {
        Tensor loss_d;  ///< penalties included
        Tensor loss_g;  ///< undefined in a step in which the generator did not learn
        /// The discriminator's mean verdict() on real and on fake images.
        Tensor d_real, d_fake;
    };

    struct Rates {
        double generator, discriminator;
    };

    /// One step on `real` images in [-1, 1] and, if the GAN has classes, their labels, which the fakes get, too. Call
    /// noise.start_step() before: the step draws the latent codes first, then whatever the networks and the options
    /// draw, in the order of the passes. From the first loss on that is not finite nothing is updated any more.
    Losses step(const Tensor& real, const Rates& rates, const Buffer<std::int32_t>& labels = {}) {
        prepare(rates);
        return pass(real, labels);
    }

    /// The host's part of step(): whether the generator learns, and at what rates.
    void prepare(const Rates& rates);
    /// The device's part of step(), which may be recorded and replayed; one recording for the steps in which the
    /// generator learns, and one for those in which it does not.
    Losses pass(const Tensor& real, const Buffer<std::int32_t>& labels = {});
    /// Whether the generator learns in the step that prepare() came to.
    bool generator_learns() const { return generator_learns_; }
    /// Has seen all losses.
    const UpdateGuard& guard() const { return guard_; }

    /// The passes of a step, forward and backward, without its updates: under a Watch they show where a loss that is
    /// not finite comes from. After noise.start_step() with the number of the step they draw what it drew. The
    /// generator's pass is taken in every step, with the discriminator's weights as they are.
    void repeat_passes(const Tensor& real, const Buffer<std::int32_t>& labels = {});

private:
    using Labels = Buffer<std::int32_t>;

    Tensor generate(Index batch, const Labels& labels);
    Tensor judge(const Tensor& images, const Labels& labels);
    Tensor discriminator_objective(const Tensor& real, const Tensor& fake, const Tensor& real_logits,
                                   const Tensor& fake_logits, const Labels& labels);
    Losses losses(const Tensor& loss_d, const Tensor& loss_g, const Tensor& real_logits,
                  const Tensor& fake_logits) const;
    Losses simultaneous_pass(const Tensor& real, const Labels& labels);
    Losses alternating_pass(const Tensor& real, const Labels& labels);
    void update(Optimizer& optimizer) { optimizer.apply(options_.clip_norm, &guard_); }

    Gan& gan_;
    Optimizer &generator_optimizer_, &discriminator_optimizer_;
    Generator& noise_;
    GanTrainingOptions options_;
    UpdateGuard guard_;
    bool generator_learns_ = true;
};

}  // namespace sinter
