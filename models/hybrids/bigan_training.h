// One training step of a bidirectional GAN: what the training program runs and the tests compare with PyTorch.
#pragma once

#include "core/optim/optimizer.h"
#include "models/hybrids/bigan.h"

namespace sinter {

/// The state of a training: networks, their optimizers and the noise, all of the caller, which must outlive it.
///
/// The discriminator learns which pairs are (x, E(x)) and which (G(z), z); generator and encoder together learn the
/// opposite, each through the pairs that it makes. All learn from one pass (k = 1 and "update both" in Donahue et al.'s
/// program), by the discriminator before its update.
class BiGanTraining {
public:
    /// `pair_optimizer` is over bigan.generator_and_encoder(). `clip_norm`: the largest norm of the gradient of either
    /// module; 0: no clipping.
    BiGanTraining(BiGan& bigan, Optimizer& pair_optimizer, Optimizer& discriminator_optimizer, Generator& noise,
                  double clip_norm = 0);

    struct Rates {
        double pair, discriminator;
    };

    /// The host's part of a step.
    void prepare(const Rates& rates);

    /// The device's part, on `images` in [0, 1]. It may be recorded and replayed. Call noise.start_step() before: the
    /// pass draws the codes z first, then the samples of a stochastic encoder, then the dropout masks of the pairs
    /// (x, E(x)) and (G(z), z). From the first number on that is not finite nothing is updated any more. Returns, from
    /// before the updates and as means of both kinds of pairs where they are losses,
    ///   loss_d            1/2 (-log D(x, E(x)) - log(1 - D(G(z), z)))
    ///   loss_g            the loss of generator and encoder, with the labels swapped:
    ///                     1/2 (-log(1 - D(x, E(x))) - log D(G(z), z))
    ///   d_real, d_fake    means of D(x, E(x)) and D(G(z), z)
    StepNumbers pass(const Tensor& images);

private:
    BiGan& bigan_;
    Optimizer &pair_optimizer_, &discriminator_optimizer_;
    Generator& noise_;
    double clip_norm_;
    UpdateGuard guard_;
};

}  // namespace sinter
