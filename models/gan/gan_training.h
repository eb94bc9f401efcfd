// One training step of a GAN: what the training program runs and the tests compare with PyTorch.
#pragma once

#include <string_view>

#include "core/names.h"
#include "core/ops/augment.h"
#include "core/optim/moving_average.h"
#include "core/optim/optimizer.h"
#include "models/gan/gan.h"
#include "models/gan/gan_losses.h"

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
    double ema = 0;               ///< decay at last of a moving average of the generator, see average_decay(); 0: none
    /// What all images that the discriminator judges go through, before the noise.
    Augmentation augmentation = {};

    double real_target() const { return 1 - label_smoothing; }
};

/// The words for `simultaneous`.
inline constexpr Named<bool> kGanUpdates[] = {
    {"alternating", false, "the discriminator first, with fakes of its own pass"},
    {"simultaneous", true, "both from one pass"}};

/// The decay of a moving average after the generator's t-th step: (1 + t) / (10 + t), at most `ema`. So the average
/// follows the generator closely while it still learns fast; with 0.999 from the start it would remember the generator
/// as it was born for thousands of steps.
double average_decay(double ema, std::int64_t t);

/// The state of a training: networks, their optimizers and the noise, all of the caller, which must outlive it.
///
/// Alternating (Radford et al.): the discriminator learns from real images and fresh fakes, in separate passes, then
/// the generator through the discriminator's new weights.
///
/// Simultaneous (TensorFlow's tutorial): the discriminator judges real and fake images once, with its old weights; the
/// gradients of both networks come from that pass and both are updated after it. One pass over the fakes less a step.
class GanTraining {
public:
    /// `average`, if given, holds a moving average of the generator. Throws UsageError for options that contradict each
    /// other.
    GanTraining(Gan& gan, Optimizer& generator_optimizer, Optimizer& discriminator_optimizer, Generator& noise,
                const GanTrainingOptions& options = {}, MovingAverage* average = nullptr);

    struct Rates {
        double generator, discriminator;
    };

    /// The host's part of step `step`, from 1: its learning rates, and whether the generator learns in it.
    void prepare(std::int64_t step, const Rates& rates);

    /// The device's part, on `real` images in [-1, 1] and, if the GAN has classes, their labels, which the fakes get,
    /// too. It may be recorded and replayed. Call noise.start_step() before: the pass draws the latent codes first,
    /// then whatever the networks and the options draw, in the order of the passes. From the first number on that is
    /// not finite nothing is updated any more. Returns, from before the updates,
    ///   loss_d            penalties included
    ///   loss_g            where the generator learns
    ///   d_real, d_fake    the discriminator's mean verdict() on real and on fake images
    StepNumbers pass(const Tensor& real, const Buffer<std::int32_t>& labels = {});
    /// Which of two kinds of pass the prepared step has, for recordings: "both", or "discriminator" where the generator
    /// does not learn.
    std::string_view variant() const { return generator_learns_ ? "both" : "discriminator"; }

private:
    using Labels = Buffer<std::int32_t>;

    Tensor generate(Index batch, const Labels& labels);
    Tensor judge(const Tensor& images, const Labels& labels);
    Tensor discriminator_objective(const Tensor& real, const Tensor& fake, const Tensor& real_logits,
                                   const Tensor& fake_logits, const Labels& labels);
    Tensor mean_verdict(const Tensor& logits) const;

    Gan& gan_;
    Optimizer &generator_optimizer_, &discriminator_optimizer_;
    Generator& noise_;
    GanTrainingOptions options_;
    MovingAverage* average_;
    UpdateGuard guard_;
    bool generator_learns_ = true;
};

}  // namespace sinter
