// One training step of a VAE-GAN: what the training program runs and the tests compare with PyTorch.
#pragma once

#include "core/optim/balance.h"
#include "core/optim/optimizer.h"
#include "models/hybrids/vae_gan.h"

namespace sinter {

struct VaeGanTrainingOptions {
    /// Weight of the reconstruction in the generator's loss, as the mean over the features, beside the GAN's 1. The
    /// paper weighs the sum, by 1e-6 in its published settings: what that means depends on how many features there are.
    double gamma = 10;
    bool discriminate_reconstructions = true;  ///< whether fakes are reconstructions and samples, or samples alone
    BalanceOptions balance = {};
    double clip_norm = 0;  ///< largest norm of the gradient of each network
};

/// The words for `discriminate_reconstructions`.
inline constexpr Named<bool> kVaeGanFakes[] = {{"samples-and-reconstructions", true, "the paper's text"},
                                               {"samples", false, "its published settings"}};

/// One for each network.
struct VaeGanOptimizers {
    Optimizer *encoder = nullptr, *generator = nullptr, *discriminator = nullptr;
};

/// The state of a training: the model, an optimizer for each network and the noise, all of the caller, which must
/// outlive it. The steps of generator and discriminator are counted on the device from now on.
///
/// All three networks learn from one pass, the generator and the discriminator only where they are not held
/// (core/optim/balance.h). A network that is held keeps its parameters, the state of its optimizer and its count of
/// steps; running statistics follow every pass.
class VaeGanTraining {
public:
    /// Throws UsageError for a negative gamma or margin.
    VaeGanTraining(VaeGan& model, const VaeGanOptimizers& optimizers, Generator& noise,
                   const VaeGanTrainingOptions& options = {});

    struct Rates {
        double encoder, generator, discriminator;
    };
    /// The host's part of a step.
    void prepare(const Rates& rates);

    /// The device's part, on images x in [-1, 1] and, if the model has classes, their labels, which the samples get,
    /// too. It may be recorded and replayed. Call noise.start_step() before: the pass draws the noise of the codes,
    /// then the codes of samples. From the first number on that is not finite nothing is updated any more. Returns,
    /// from before the updates,
    ///   kl               KL(q(z|x) || N(0, I)) in nats, mean over the batch
    ///   recon            1/2 |D_l(x) - D_l(x~)|^2, summed over the features of stage l, mean over the batch
    ///   loss_g           the generator's part of the game: the mean of -log D(fake)
    ///   loss_d           the means of -log D(x) and of -log(1 - D(fake))
    ///   d_real, d_fake   the mean of D on x and on samples
    ///   held_g, held_d   1 where that network is held, else 0
    StepNumbers pass(const Tensor& x, const Buffer<std::int32_t>& labels = {});

private:
    VaeGan& model_;
    VaeGanOptimizers optimizers_;
    Generator& noise_;
    VaeGanTrainingOptions options_;
    UpdateGuard guard_;
};

}  // namespace sinter
