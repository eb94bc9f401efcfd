// The importance-weighted bound and what fewer samples would give (Burda, Grosse & Salakhutdinov, arXiv:1509.00519).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/statistics/log_sum_exp.h"

namespace sinter {

/// L_k = E log 1/k sum over k samples of p(x, z) / q(z | x), in nats: the mean over images.
struct ImportanceBound {
    std::int64_t samples = 0;   ///< k
    double mean = 0;            ///< a lower bound of the mean log p(x)
    double standard_error = 0;  ///< of that mean, over the images; NaN for one image
};

/// Collects the log weights log p(x, z) - log q(z | x) of K samples of each image, one by one, and gives L_k for k = 1,
/// 10, 100, ... below K and for K itself: each from the same samples, as the mean over their disjoint groups of k in
/// turn. It holds a few numbers a level, however large K is, and works in double.
class ImportanceCurve {
public:
    /// Throws UsageError for less than one sample.
    explicit ImportanceCurve(std::int64_t samples);

    /// The next weight of this image; after `samples` of them comes the next image.
    void add(double log_weight);

    /// Images that are complete.
    std::int64_t images() const { return images_; }
    /// The curve, k rising; the first is L_1, the evidence lower bound as the mean over all samples.
    std::vector<ImportanceBound> bounds() const;

private:
    /// Groups of `size` weights, each made of ten groups of the level before.
    struct Level {
        std::int64_t size = 1;
        LogSumExp group = {};
        int parts = 0;   ///< of the group under way
        double sum = 0;  ///< of the bounds of the groups of this image
        std::int64_t groups = 0;
    };
    void end_image();

    std::int64_t samples_, taken_ = 0, images_ = 0;
    std::vector<Level> levels_;                   ///< 1, 10, 100, ... below K
    LogSumExp rest_;                              ///< of the groups of the last level
    std::vector<double> sums_, squares_, first_;  ///< over images, of each bound minus that of the first image
};

}  // namespace sinter
