// The objectives of adversarial training, on the logits of a discriminator, and the penalties on its gradients.
#pragma once

#include <functional>

#include "core/names.h"
#include "core/ops/activation.h"
#include "core/random.h"
#include "core/tensor.h"

namespace sinter {

/// Which game the two networks play. With D(x) a logit, each line is what the discriminator minimises, then what the
/// generator minimises, as means over the batch:
enum class GanLoss {
    logistic,       ///< -log sigmoid(D(real)) - log(1 - sigmoid(D(fake)));  -log sigmoid(D(fake)): the non-saturating
                    ///< loss (Goodfellow et al., arXiv:1406.2661)
    least_squares,  ///< 1/2 (D(real) - 1)^2 + 1/2 D(fake)^2;  1/2 (D(fake) - 1)^2 (Mao et al., arXiv:1611.04076)
    hinge,          ///< max(0, 1 - D(real)) + max(0, 1 + D(fake));  -D(fake) (Lim & Ye, arXiv:1705.02894)
    wasserstein     ///< D(fake) - D(real);  -D(fake) (Arjovsky et al., arXiv:1701.07875)
};

inline constexpr Named<GanLoss> kGanLosses[] = {{"logistic", GanLoss::logistic, "non-saturating"},
                                                {"least-squares", GanLoss::least_squares},
                                                {"hinge", GanLoss::hinge},
                                                {"wasserstein", GanLoss::wasserstein}};

/// Whether the discriminator's logits are compared with labels, which can be smoothed.
bool compares_labels(GanLoss loss);

/// Turns a logit into the discriminator's verdict: the probability of being real where the loss takes it for one, else
/// the logit itself.
Activation verdict(GanLoss loss);

/// Mean cross-entropy between sigmoid(logits) and one label for all, 1 for real and 0 for fake, as a tensor [1]: what
/// the logistic loss consists of.
Tensor verdict_cost(const Tensor& logits, double label);

/// The discriminator's loss, as a tensor [1]. `real_target` is the label of real images: 0.9 smooths it (Salimans et
/// al., arXiv:1606.03498). Throws UsageError if a loss is asked for it that compares no labels.
Tensor discriminator_loss(GanLoss loss, const Tensor& real_logits, const Tensor& fake_logits, double real_target = 1);

/// The generator's loss on the logits of its images, as a tensor [1].
Tensor generator_loss(GanLoss loss, const Tensor& fake_logits);

/// Images to logits [batch, 1].
using Discriminate = std::function<Tensor(const Tensor& images)>;

/// Mean over the batch of (|dD(x)/dx| - 1)^2, at one x = e real + (1 - e) fake for every pair of images, e uniform in
/// [0, 1) (WGAN-GP, Gulrajani et al., arXiv:1704.00028; they weigh it by 10). `real` and `fake` are constants of it;
/// takes one draw. Meant for discriminators that judge every image by itself: batch normalisation mixes the slopes of a
/// batch.
Tensor gradient_penalty(const Discriminate& discriminate, const Tensor& real, const Tensor& fake, Generator& generator);

/// Mean over the batch of |dD(x)/dx|^2 at real images (R1, Mescheder et al., arXiv:1801.04406; they weigh it by
/// gamma/2, gamma = 10).
Tensor r1_penalty(const Discriminate& discriminate, const Tensor& real);

}  // namespace sinter
