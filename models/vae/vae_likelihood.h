// How likely a VAE finds images: the importance-weighted bound, and what its codes carry.
#pragma once

#include <cstdint>
#include <functional>

#include "core/data/image_set.h"
#include "core/statistics/importance_curve.h"
#include "core/statistics/latent_codes.h"
#include "models/vae/vae.h"

namespace sinter {

/// What minus the log-likelihood of a VAE's images is.
enum class PixelScore {
    probability,  ///< of binary images under a Bernoulli likelihood
    density,      ///< of dequantised images under a Gaussian likelihood; it may be negative
    loss          ///< of grey images under a Bernoulli likelihood, which is none of grey images: a cross-entropy
};
PixelScore pixel_score(Likelihood likelihood, const ImageSet& images);

/// What is asked of measure_likelihood().
struct LikelihoodRequest {
    Index samples = 5000;    ///< K
    Index images = 0;        ///< the first so many; 0: all
    std::uint64_t seed = 1;  ///< of codes, and of dequantisation
    /// Rows that the decoder takes at a time; 0: as many as suit it.
    Index rows = 0;
    /// Called with the number of images that are done.
    std::function<void(Index images)> tell = {};
};

/// In nats an image, with the constants of a density.
struct VaeLikelihood {
    PixelScore score = PixelScore::probability;
    Index images = 0, samples = 0;
    std::vector<ImportanceBound> curve;  ///< L_1, L_10, ..., L_K
    double distortion = 0;               ///< minus the mean of log p(x | z)
    double bits_per_dim = 0;             ///< of -L_K; NaN for a loss
    double grey_floor = 0;               ///< what the loss of grey images cannot fall below; else 0
    LatentUnits units;
    RateSplit split;

    double nll() const { return -curve.back().mean; }
    double elbo() const { return curve.front().mean; }
};

/// Measures a VAE on images as its likelihood wants them: binarised before, where the model learned from such images.
/// Grey images of a density are dequantised, (byte + u) / 256 with u uniform in [0, 1), once. The numbers of an image
/// depend on the seed and on its number in the set. Throws UsageError for a request that makes no sense, DataError
/// where the images do not fit the model, have no labels for a conditional one, or give numbers that are not finite.
VaeLikelihood measure_likelihood(Vae& vae, const ImageSet& images, const LikelihoodRequest& request);

/// -log p(x) in bits for each of `dimensions` numbers. A density of images on a scale of [0, 1) is one of 8 bits.
double bits_per_dim(double nll, Index dimensions, PixelScore score);

}  // namespace sinter
