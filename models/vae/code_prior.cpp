#include "models/vae/code_prior.h"

#include <span>

#include "core/check.h"
#include "core/ops/random.h"

namespace sinter {

CodePrior::CodePrior(const std::vector<GaussianMixture>& mixtures) : samplers_(mixtures.begin(), mixtures.end()) {}

Tensor CodePrior::draw(Index count, Index latent, const std::vector<std::int32_t>& labels, Generator& numbers) const {
    const Tensor normal = random_normal({count, latent}, 0, 1, numbers);
    if (samplers_.empty()) return normal;
    const std::vector<float> noise = normal.to_floats();
    const std::vector<double> chances = random_uniform({count}, 0, 1, numbers).to_doubles();
    std::vector<float> codes(noise.size());
    const auto size = static_cast<std::size_t>(latent);
    for (std::size_t i = 0; i < chances.size(); ++i) {
        const std::size_t which = samplers_.size() == 1 ? 0 : static_cast<std::size_t>(labels.at(i));
        require(which < samplers_.size() && samplers_[which].size() == latent,
                "[code prior] expected a mixture of codes of {} numbers for class {}, there is none", latent, which);
        samplers_[which].draw(std::span(codes).subspan(i * size, size), chances[i],
                              std::span(noise).subspan(i * size, size));
    }
    return Tensor::from(std::span<const float>(codes), {count, latent}, numbers.device());
}

}  // namespace sinter
