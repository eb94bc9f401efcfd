#include "models/vae/importance_estimator.h"

#include <algorithm>
#include <vector>

#include "core/check.h"
#include "core/losses/vae.h"
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
        const std::uint64_t number = static_cast<std::uint64_t>(curve_.images());
        for (Index sample = 0; sample < samples_; sample += samples_at_once) {
            const Index wanted = std::min(samples_at_once, samples_ - sample);
            const Index drawn_each = std::max(wanted, (rows_ + images.count - 1) / images.count);
            noise_.start_step(number);
            const ImportanceSamples drawn = importance_samples(posteriors, sample, drawn_each, noise_);
            take(log_likelihood(drawn.z, images).to_floats(), drawn.log_ratio.to_floats(), drawn_each, wanted);
        }
    }
}

void ImportanceEstimator::take(std::span<const float> log_likelihoods, std::span<const float> log_ratios, Index drawn,
                               Index wanted) {
    for (std::size_t image = 0; image < log_ratios.size(); image += static_cast<std::size_t>(drawn)) {
        for (std::size_t i = image; i < image + static_cast<std::size_t>(wanted); ++i) {
            log_likelihoods_ += log_likelihoods[i];
            curve_.add(static_cast<double>(log_likelihoods[i]) + log_ratios[i]);
        }
    }
}

double ImportanceEstimator::distortion() const {
    return -log_likelihoods_ / static_cast<double>(samples_) / static_cast<double>(curve_.images());
}

}  // namespace sinter
