#include "models/importance_estimator.h"

#include <algorithm>
#include <vector>

#include "core/check.h"
#include "core/ops/vae.h"
#include "core/tape.h"

namespace sinter {

ImportanceEstimator::ImportanceEstimator(Index samples, Index rows, std::uint64_t seed, Device device)
    : samples_(samples), rows_(rows), noise_(seed, device, draws::kImportance), curve_(samples) {
    require(rows >= 1, "[importance_estimator] expected one row at a time or more, got {}", rows);
}

void ImportanceEstimator::add(const Tensor& heads, const RowLikelihood& log_likelihood) {
    const NoGrad no_grad;
    // Either all samples of some images or some samples of one image are a chunk.
    const Index images_at_once = std::max<Index>(1, rows_ / samples_), samples_at_once = std::min(rows_, samples_);
    for (Index first = 0; first < heads.size(0); first += images_at_once) {
        const ImageRange images{first, std::min(images_at_once, heads.size(0) - first)};
        const Tensor posteriors = heads.view({images.count, heads.size(1)}, first * heads.size(1));
        for (Index sample = 0; sample < samples_; sample += samples_at_once) {
            noise_.start_step(static_cast<std::uint64_t>(curve_.images()));
            const ImportanceSamples drawn =
                importance_samples(posteriors, sample, std::min(samples_at_once, samples_ - sample), noise_);
            const std::vector<float> likelihoods = log_likelihood(drawn.z, images).to_floats();
            const std::vector<float> ratios = drawn.log_ratio.to_floats();
            for (std::size_t i = 0; i < ratios.size(); ++i) {
                log_likelihoods_ += likelihoods[i];
                curve_.add(static_cast<double>(likelihoods[i]) + ratios[i]);
            }
        }
    }
}

double ImportanceEstimator::distortion() const {
    return -log_likelihoods_ / static_cast<double>(samples_) / static_cast<double>(curve_.images());
}

}  // namespace sinter
