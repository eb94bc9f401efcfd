#include "apps/gan/trouble.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "apps/training/pictures.h"

namespace sinter {
namespace {

/// Share of the distance between a verdict of "real" and one of "fake", over a whole epoch.
constexpr double kSaturated = 0.98;
/// The hinge loss, of which a discriminator that knows nothing pays 2, ends at 0 where every image is beyond its
/// margin.
constexpr double kSaturatedHinge = 0.02;
/// The verdict on generated images, as a share of that on real ones which the discriminator is taught, over a whole
/// epoch: at 0.9 it is far beyond the 0.5 of networks that are equally strong.
constexpr double kLost = 0.9;
/// The hinge loss's margin, beyond which the discriminator is sure that an image is real.
constexpr double kLostHinge = 1;
/// Generated images this much nearer to each other than real ones. Blurred images of an early epoch lie at 0.5 or more.
constexpr double kCollapsed = 0.25;

bool is_saturated(const Means& epoch, const GanTrainingOptions& options) {
    switch (options.loss) {
        case GanLoss::logistic:
        case GanLoss::least_squares:
            return epoch["d_real"] - epoch["d_fake"] > kSaturated * options.real_target();
        case GanLoss::hinge:
            return epoch["loss_d"] < kSaturatedHinge;
        case GanLoss::wasserstein:
            return false;  // the critic is meant to be as good as it can be
    }
    return false;
}

bool is_lost(const Means& epoch, const GanTrainingOptions& options) {
    switch (options.loss) {
        case GanLoss::logistic:
        case GanLoss::least_squares:
            return epoch["d_fake"] > kLost * options.real_target();
        case GanLoss::hinge:
            return epoch["d_fake"] > kLostHinge;
        case GanLoss::wasserstein:
            return false;  // a critic's numbers have no scale, on which a lead could be large
    }
    return false;
}

}  // namespace

double nearest_distance(const std::vector<float>& images, Index count) {
    const std::size_t n = static_cast<std::size_t>(count), size = images.size() / n;
    std::vector<double> nearest(n, std::numeric_limits<double>::infinity());
    for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t b = a + 1; b < n; ++b) {
            float squares = 0;
            for (std::size_t i = 0; i < size; ++i) {
                const float difference = images[a * size + i] - images[b * size + i];
                squares += difference * difference;
            }
            nearest[a] = std::min(nearest[a], static_cast<double>(squares));
            nearest[b] = std::min(nearest[b], static_cast<double>(squares));
        }
    }
    double sum = 0;
    for (const double squares : nearest) sum += std::sqrt(squares / static_cast<double>(size));
    return sum / static_cast<double>(n);
}

Finding find_saturation(const Means& epoch, const GanTrainingOptions& options, std::string_view advice) {
    Finding finding{"discriminator_saturated"};
    if (is_saturated(epoch, options)) {
        finding.sentence = fmt::format(
            "the discriminator tells real from fake without effort (loss_d {:.4f}, d_real {:.3f}, d_fake {:.3f} "
            "over the epoch), so the generator hardly learns; try {}",
            epoch["loss_d"], epoch["d_real"], epoch["d_fake"], advice);
    }
    return finding;
}

Finding find_defeat(const Means& epoch, const GanTrainingOptions& options, std::string_view advice) {
    Finding finding{"discriminator_lost"};
    if (is_lost(epoch, options)) {
        finding.sentence = fmt::format(
            "the discriminator takes generated images for real ones (loss_g {:.4f}, d_real {:.3f}, d_fake {:.3f} over "
            "the epoch), so the generator has nothing to learn from it; try {}",
            epoch["loss_g"], epoch["d_real"], epoch["d_fake"], advice);
    }
    return finding;
}

DiversityJudge::DiversityJudge(const ImageSet& real, Index count) : count_(std::min<Index>(count, real.count)) {
    if (count_ < 2) return;
    std::vector<float> images;
    // Spread over the set, which may be sorted by class.
    for (Index i = 0; i < count_; ++i) {
        const std::vector<float> image = read_pixels(real, i * real.count / count_, 1);
        images.insert(images.end(), image.begin(), image.end());
    }
    real_distance_ = nearest_distance(images, count_);
}

Finding DiversityJudge::find_collapse(const Tensor& generated, std::string_view advice) const {
    Finding finding{"outputs_collapsed"};
    const Index count = std::min(count_, generated.size(0));
    if (count < 2 || real_distance_ == 0) return finding;
    std::vector<float> images = generated.to_floats();
    images.resize(images.size() / static_cast<std::size_t>(generated.size(0)) * static_cast<std::size_t>(count));
    const double ratio = nearest_distance(images, count) / real_distance_;
    if (ratio >= kCollapsed) return finding;
    finding.sentence = fmt::format(
        "the generator draws few different images: {} of them lie {:.0f} times nearer to each other than real ones; "
        "try {}",
        count, 1 / ratio, advice);
    return finding;
}

}  // namespace sinter
