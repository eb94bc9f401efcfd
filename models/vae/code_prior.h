// What the codes that a VAE decodes are drawn from: the prior that it was trained with, or mixtures that were fitted to
// its codes afterwards (Ghosh et al., "From variational to deterministic autoencoders", arXiv:1903.12436, section 4).
#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "core/statistics/gaussian_mixture.h"
#include "core/tensor.h"

namespace sinter {

class CodePrior {
public:
    /// N(0, I), with which every VAE is trained.
    CodePrior() = default;
    /// One mixture for all codes, or one for each class of a conditional VAE, by label. Throws UsageError where one is
    /// not as it should be.
    explicit CodePrior(const std::vector<GaussianMixture>& mixtures);

    /// Codes [count, latent] on the generator's device. Throws UsageError where mixtures are of other codes, or lack
    /// the class of a label.
    Tensor draw(Index count, Index latent, const std::vector<std::int32_t>& labels, Generator& numbers) const;

private:
    std::vector<MixtureSampler> samplers_;  ///< none: N(0, I)
};

}  // namespace sinter
