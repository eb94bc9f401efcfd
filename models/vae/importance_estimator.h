// The importance-weighted bound of a latent variable model with Gaussian posteriors, whatever its decoder is (Burda,
// Grosse & Salakhutdinov, arXiv:1509.00519).
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "core/random.h"
#include "core/statistics/importance_curve.h"
#include "core/tensor.h"

namespace sinter {

/// Images [first, first + count) of a batch.
struct ImageRange {
    Index first = 0, count = 0;
};
/// log p(x | z) in nats, [rows], of rows z [rows, latent]: those of an image stand in turn, equally many for each of
/// `images`.
using RowLikelihood = std::function<Tensor(const Tensor& z, ImageRange images)>;

/// Draws K samples of the posterior of each image and collects their weights. Samples go through the decoder in chunks
/// of `rows` rows or a few more, of one image or of several; where there are fewer left, more are drawn than count. So
/// a weight depends on the seed, on the image and its number, and on the number of the sample. Its bits do not depend
/// on the chunk either, as long as no product of the decoder is small: see kStableRows.
class ImportanceEstimator {
public:
    /// With as many rows, the products of kernels/cpu/product/gemm-inl.h add in an order that further rows do not
    /// change.
    static constexpr Index kStableRows = 600;

    /// `samples`: K. Throws UsageError where that or `rows` is below 1.
    ImportanceEstimator(Index samples, Index rows, std::uint64_t seed, Device device);

    /// Adds a batch: the posteriors of its images, as heads [images, 2 latent], and what the decoder says.
    void add(const Tensor& heads, const RowLikelihood& log_likelihood);

    /// Of the images so far.
    const ImportanceCurve& curve() const { return curve_; }
    /// Minus the mean of log p(x | z) over images and samples.
    double distortion() const;

private:
    void take(std::span<const float> log_likelihoods, std::span<const float> log_ratios, Index drawn, Index wanted);

    Index samples_, rows_;
    Generator noise_;
    ImportanceCurve curve_;
    double log_likelihoods_ = 0;
};

}  // namespace sinter
